-- What changes in the masters on the day, each as the whole new row. Every day some vehicles come back from the
-- workshop and others go in, somebody changes a telephone number, a customer moves, another turns out to be of
-- another type, and one road costs more. On Monday and Thursday a driver leaves and another is hired, on Tuesday a
-- vehicle is sold and one bought, on Wednesday a driver goes on leave, on Friday one passes the exam for larger trucks.
CREATE MACRO at_time(first_hour, hours, throw, place) AS
as_of() + to_seconds(3600 * first_hour + draw_up_to(3600 * hours, throw, place));

CREATE TABLE changed_vehicles AS
WITH thrown AS (
    SELECT
        vehicles.*,
        throw(concat_ws('/', 'yard', vehicle_id, as_of())) AS a,
        last_of_vehicle.vehicle_id IS NOT NULL AND arrival_datetime IS NULL AS is_away,
        0.043 * trips_a_day / 0.83 AS wear
    FROM vehicles
    INNER JOIN kinds USING (vehicle_type)
    LEFT JOIN last_of_vehicle USING (vehicle_id)
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY status = 'active' AND NOT is_away ORDER BY draw(a, 0) / wear, vehicle_id)
            AS wear_rank,
        CASE
            WHEN isodow(as_of()) = 2 AND status IN ('active', 'inactive') AND NOT is_away
                THEN row_number() OVER (
                    PARTITION BY status IN ('active', 'inactive') AND NOT is_away
                    ORDER BY status != 'inactive', acquisition_date, vehicle_id
                )
        END AS sale_rank,
        greatest(count(*) FILTER (WHERE status = 'active') OVER () // 200, 1) AS each
    FROM thrown
),

fated AS (
    SELECT
        *,
        CASE
            WHEN status = 'maintenance' THEN 'active'
            WHEN sale_rank <= each THEN 'retired'
            WHEN status = 'active' AND NOT is_away AND (draw(a, 0) < wear OR wear_rank = 1) THEN 'maintenance'
        END AS new_status
    FROM ranked
)

SELECT
    vehicles.* REPLACE (
        new_status AS status,
        CASE new_status
            WHEN 'active' THEN at_time(6, 1, a, 1)
            WHEN 'maintenance' THEN at_time(7, 1, a, 1)
            ELSE at_time(10, 4, a, 1)
        END AS updated_at
    )
FROM fated
INNER JOIN vehicles USING (vehicle_id)
WHERE new_status IS NOT NULL
UNION ALL BY NAME
-- For each vehicle sold another of its kind is bought.
SELECT
    last_vehicle() + sale_rank AS vehicle_id,
    license_plate(last_vehicle() + sale_rank) AS license_plate,
    vehicle_type,
    kinds.capacity_kg,
    kinds.fuel_type,
    as_of() AS acquisition_date,
    'active' AS status,
    at_time(14, 4, a, 2) AS created_at,
    created_at AS updated_at
FROM fated
INNER JOIN kinds USING (vehicle_type)
WHERE sale_rank <= each;

CREATE TABLE changed_drivers AS
WITH thrown AS (
    SELECT
        drivers.*,
        throw(concat_ws('/', 'staff', driver_id, as_of())) AS a,
        throw(concat_ws('/', 'news', driver_id, as_of())) AS b,
        last_of_driver.arrival_datetime IS NOT NULL AS is_home,
        last_of_vehicle.driver_id IS DISTINCT FROM drivers.driver_id AND is_home AND status = 'active' AS waits
    FROM drivers
    LEFT JOIN last_of_driver USING (driver_id)
    LEFT JOIN last_of_vehicle USING (vehicle_id)
),

ranked AS (
    SELECT
        *,
        greatest(count(*) FILTER (WHERE status = 'active') OVER () // 400, 1) AS each,
        row_number() OVER (PARTITION BY waits ORDER BY a, driver_id) AS waiting_rank,
        row_number() OVER (PARTITION BY status = 'active' ORDER BY b, driver_id) AS news_rank,
        row_number() OVER (
            PARTITION BY status = 'active' AND license_category IN ('C1', 'C2') ORDER BY draw(b, 0), driver_id
        ) AS exam_rank
    FROM thrown
),

fated AS (
    SELECT
        *,
        waits AND waiting_rank <= each AND isodow(as_of()) IN (1, 4) AS leaves,
        waits AND waiting_rank <= each AND isodow(as_of()) = 3 AS goes_on_leave,
        status = 'on_leave' AND updated_at < since() - INTERVAL 14 DAY AS comes_back,
        status IN ('active', 'suspended') AND NOT leaves
        AND (
            (license_expiry <= as_of() + 10 AND draw(a, 1) < 0.2) OR (license_expiry <= as_of() + 2 AND NOT waits)
        ) AS renews,
        status = 'active' AND news_rank <= each AS has_new_phone,
        status = 'active' AND license_category IN ('C1', 'C2') AND exam_rank <= each AND isodow(as_of()) = 5
            AS passes_exam
    FROM ranked
)

SELECT
    drivers.* REPLACE (
        CASE
            WHEN leaves THEN 'inactive'
            WHEN goes_on_leave THEN 'on_leave'
            WHEN comes_back OR (renews AND drivers.status = 'suspended') THEN 'active'
            ELSE drivers.status
        END AS status,
        CASE WHEN renews THEN (as_of() + INTERVAL 3 YEAR)::DATE ELSE drivers.license_expiry END AS license_expiry,
        CASE WHEN has_new_phone THEN phone_number(b) ELSE drivers.phone END AS phone,
        CASE
            WHEN passes_exam THEN CASE drivers.license_category WHEN 'C1' THEN 'C2' ELSE 'C3' END
            ELSE drivers.license_category
        END AS license_category,
        at_time(8, 9, a, 2) AS updated_at
    )
FROM fated
INNER JOIN drivers USING (driver_id)
WHERE leaves OR goes_on_leave OR comes_back OR renews OR has_new_phone OR passes_exam
UNION ALL BY NAME
SELECT
    last_driver() + waiting_rank AS driver_id,
    format('EMP{:04d}', last_driver() + waiting_rank) AS employee_code,
    names.first_name,
    names.last_name,
    license_number(last_driver() + waiting_rank) AS license_number,
    license_category,
    as_of() + 100 + draw_up_to(990, b, 1) AS license_expiry,
    phone_number(b) AS phone,
    as_of() AS hire_date,
    'active' AS status,
    at_time(9, 6, b, 2) AS created_at,
    created_at AS updated_at
FROM fated
INNER JOIN driver_names AS names ON names.driver_id = waiting_rank
WHERE leaves;

CREATE TABLE changed_routes AS
SELECT
    * REPLACE (
        toll_cost + 100 * (1 + draw_up_to(8, throw(concat_ws('/', 'toll', route_id, as_of())), 0)) AS toll_cost,
        at_time(6, 2, throw(concat_ws('/', 'toll', route_id, as_of())), 1) AS updated_at
    )
FROM routes
WHERE toll_cost > 0
QUALIFY strftime(as_of(), '%m-%d') = '01-16'
OR row_number() OVER (ORDER BY throw(concat_ws('/', 'toll', route_id, as_of())), route_id) = 1;

CREATE TABLE changed_customers AS
WITH thrown AS (
    SELECT
        *,
        throw(concat_ws('/', 'letter', customer_id, as_of())) AS a,
        throw(concat_ws('/', 'call', customer_id, as_of())) AS b,
        greatest(count(*) OVER () // 1500, 1) AS each
    FROM customers
),

ranked AS (
    SELECT
        *,
        row_number() OVER (ORDER BY a, customer_id) <= each AS moves,
        customer_type != 'Gobierno'
        AND row_number() OVER (PARTITION BY customer_type != 'Gobierno' ORDER BY b, customer_id) <= each
            AS is_another_type
    FROM thrown
)

SELECT
    customers.* REPLACE (
        CASE WHEN moves AND draw(b, 0) < 0.25 THEN pick((SELECT list(city ORDER BY city_no) FROM cities), draw(b, 1))
            ELSE customers.city
        END AS city,
        CASE WHEN moves THEN street_address(b) ELSE customers.address END AS address,
        CASE
            WHEN is_another_type THEN CASE customers.customer_type WHEN 'Individual' THEN 'Empresa' ELSE 'Gobierno' END
            ELSE customers.customer_type
        END AS customer_type,
        at_time(8, 10, a, 2) AS updated_at
    )
FROM ranked
INNER JOIN customers USING (customer_id)
WHERE moves OR is_another_type
UNION ALL BY NAME
SELECT
    last_customer() + names.customer_id AS customer_id,
    CASE WHEN draw(a, 0) < 0.5 THEN person_name ELSE company_name END AS customer_name,
    CASE WHEN draw(a, 0) < 0.5 THEN 'Individual' ELSE 'Empresa' END AS customer_type,
    pick((SELECT list(city ORDER BY city_no) FROM cities), draw(a, 1)) AS city,
    street_address(a) AS address,
    phone_number(a) AS phone,
    'pedidos' || (last_customer() + names.customer_id) || '@example.com' AS email,
    at_time(8, 10, a, 2) AS created_at,
    created_at AS updated_at
FROM (SELECT *, throw(concat_ws('/', 'newcomer', customer_id, as_of())) AS a FROM customer_names) AS names
WHERE names.customer_id <= (SELECT greatest(count(*) // 1500, 1) FROM customers);

-- Who goes into the workshop is there for the day.
CREATE TABLE maintenance_done AS
SELECT
    (last_maintenance() + row_number() OVER (ORDER BY vehicle_id))::INTEGER AS maintenance_id,
    vehicle_id,
    as_of() AS maintenance_date,
    coalesce(destination_city, 'Bogotá') AS city,
    upkeep,
    throw(concat_ws('/', 'workshop', maintenance_id)) AS a
FROM changed_vehicles
INNER JOIN kinds USING (vehicle_type)
LEFT JOIN last_of_vehicle USING (vehicle_id)
WHERE status = 'maintenance';
