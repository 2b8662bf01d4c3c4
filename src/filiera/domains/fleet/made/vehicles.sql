-- The vehicles, most of them bought before the two years begin. Their kinds and fates are shares of the fleet, not
-- draws, so that a small fleet has them too. `home_city` is where a vehicle and its crew of two belong; it works from
-- `serves_from` and sets out for the last time at `serves_until`.
CREATE TABLE vehicles AS
WITH ranked AS (
    SELECT
        number AS vehicle_id,
        throw('vehicle/' || number) AS a,
        throw('life/' || number) AS b,
        (row_number() OVER (ORDER BY a, number) - 0.5) / count(*) OVER () AS kind_place,
        (row_number() OVER (ORDER BY b, number) - 0.5) / count(*) OVER () AS fate,
        as_of() - since()::DATE AS days
    FROM range(1, vehicles() + 1) AS t (number)
),

kinds_up_to AS (
    SELECT
        *,
        sum(share) OVER (ORDER BY kind_no) AS up_to
    FROM kinds
),

born AS (
    SELECT
        ranked.*,
        kinds_up_to.* EXCLUDE (kind_no, share, up_to),
        CASE WHEN fate < 0.04 THEN 'retired' WHEN fate < 0.06 THEN 'inactive' WHEN fate < 0.12 THEN 'maintenance'
            ELSE 'active'
        END AS status,
        since()::DATE
        + CASE
            WHEN status IN ('active', 'maintenance') AND draw(b, 0) < 0.17 THEN 10 + draw_up_to(days - 60, b, 1)
            ELSE -30 - draw_up_to(1070, b, 1)
        END AS acquisition_date
    FROM ranked
    INNER JOIN kinds_up_to ON kind_place >= up_to - share AND kind_place < up_to
),

aged AS (
    SELECT
        *,
        acquisition_date + to_seconds(30600 + draw_up_to(21600, a, 2)) AS created_at,
        CASE status
            WHEN 'retired' THEN since()::DATE + 150 + draw_up_to(days - 165, b, 2) + INTERVAL 10 HOUR
            WHEN 'inactive' THEN as_of() - 15 - draw_up_to(45, b, 2) + INTERVAL 11 HOUR
            WHEN 'maintenance' THEN as_of() + to_seconds(25200 + draw_up_to(5400, b, 2))
        END AS left_at
    FROM born
)

SELECT
    vehicle_id,
    license_plate(vehicle_id) AS license_plate,
    vehicle_type,
    capacity_kg,
    fuel_type,
    license_category,
    local_share,
    trips_a_day,
    upkeep,
    acquisition_date,
    status,
    created_at,
    left_at,
    pick((SELECT list(city ORDER BY city_no) FROM cities, range(1, 9) AS times (time) WHERE time <= demand), draw(a, 0))
        AS home_city,
    greatest(since()::DATE, acquisition_date + 2)::TIMESTAMP AS serves_from,
    -- A tour to the far end of the country and a stay in the workshop fit between the last departure and the leaving.
    CASE
        WHEN status = 'active' THEN present()
        WHEN status = 'maintenance' THEN present() - INTERVAL 48 HOUR
        ELSE date_trunc('day', left_at) - INTERVAL 48 HOUR
    END AS serves_until
FROM aged
ORDER BY vehicle_id;
