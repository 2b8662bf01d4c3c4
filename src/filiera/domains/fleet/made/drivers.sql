-- Two drivers a vehicle. The first is with it all its time; the second may have come later, left, be on leave, or have
-- let the licence run out, and drives from `drives_from` to before `drives_until`.
CREATE TABLE drivers AS
WITH crews AS (
    SELECT
        2 * (vehicle_id - 1) + seat AS driver_id,
        seat,
        vehicle_id,
        license_category,
        acquisition_date,
        serves_from,
        left_at AS sold_at,
        status = 'retired' AS is_sold,
        -- Nobody is hired for a vehicle that is gone.
        CASE WHEN is_sold THEN sold_at::DATE ELSE as_of() END - 30 AS last_hire,
        throw('driver/' || driver_id) AS a,
        throw('career/' || driver_id) AS b,
        (row_number() OVER (PARTITION BY seat, is_sold ORDER BY b, driver_id) - 0.5)
        / count(*) OVER (PARTITION BY seat, is_sold) AS fate
    FROM vehicles
    CROSS JOIN range(1, 3) AS seats (seat)
),

hired AS (
    SELECT
        *,
        CASE
            WHEN is_sold THEN 'sold'
            WHEN seat = 1 OR fate >= 0.13 THEN 'drives'
            WHEN fate < 0.03 THEN 'left'
            WHEN fate < 0.07 THEN 'on leave'
            ELSE 'expired'
        END AS lot,
        CASE
            WHEN seat = 1 THEN serves_from::DATE - 1 - draw_up_to(1000, a, 0)
            WHEN acquisition_date > since()::DATE
                THEN acquisition_date + draw_up_to(last_hire - acquisition_date, a, 0)
            ELSE last_hire - draw_up_to(1790, a, 0)
        END AS hire_date
    FROM crews
),

fated AS (
    SELECT
        *,
        CASE lot
            WHEN 'sold' THEN least(sold_at::DATE + draw_up_to(8, b, 0), as_of())
            WHEN 'left' THEN hire_date + ((as_of() - hire_date) * (0.4 + 0.5 * draw(b, 0)))::INTEGER
            WHEN 'on leave' THEN as_of() - 1 - draw_up_to(20, b, 0)
            WHEN 'expired' THEN as_of() - 1 - draw_up_to(least(60, as_of() - hire_date - 2), b, 0)
        END AS last_day,
        hire_date + to_seconds(28800 + draw_up_to(28800, a, 1)) AS created_at,
        last_day + to_seconds(61200 + draw_up_to(7200, a, 2)) AS changed_at,
        CASE lot
            WHEN 'expired' THEN last_day
            WHEN 'drives' THEN as_of() + 1 + draw_up_to(1094, b, 1)
            ELSE last_day + 1 + draw_up_to(1000, b, 1)
        END AS license_expiry
    FROM hired
)

SELECT
    driver_id,
    vehicle_id,
    seat,
    format('EMP{:04d}', driver_id) AS employee_code,
    first_name,
    last_name,
    license_number(driver_id) AS license_number,
    license_category,
    license_expiry,
    phone_number(a) AS phone,
    hire_date,
    CASE
        WHEN lot IN ('sold', 'left') THEN 'inactive'
        WHEN lot = 'on leave' THEN 'on_leave'
        WHEN lot = 'expired' AND draw(b, 2) < 0.4 THEN 'suspended'
        ELSE 'active'
    END AS status,
    created_at,
    -- The last change is the end of driving or the last renewal of the licence, which is for three years.
    CASE
        WHEN lot = 'expired' AND status = 'suspended' THEN last_day + to_seconds(90000 + draw_up_to(3600, a, 2))
        WHEN lot IN ('sold', 'left', 'on leave') THEN changed_at
        ELSE greatest(created_at, (license_expiry - INTERVAL 3 YEAR)::DATE + to_seconds(34200 + draw_up_to(9000, a, 2)))
    END AS updated_at,
    (hire_date + 1)::TIMESTAMP AS drives_from,
    coalesce(last_day, as_of() + 1)::TIMESTAMP AS drives_until
FROM fated
INNER JOIN driver_names USING (driver_id)
ORDER BY driver_id;
