-- What is committed late: its moment of change lies hours or days before the evening before. A complaint about a
-- parcel, a fuel receipt, the invoice for a second job in the workshop, a letter with a new number lay on a desk.
CREATE TABLE recent_deliveries AS
FROM fleet.public.deliveries
WHERE updated_at > since() - INTERVAL 4 DAY AND updated_at < since() - INTERVAL 1 HOUR;

CREATE TABLE late_deliveries AS
SELECT
    * REPLACE (
        TRUE AS is_damaged,
        updated_at
        + to_minutes(15 + draw_up_to(40, throw(concat_ws('/', 'late', delivery_id, as_of())), 0)) AS updated_at
    )
FROM recent_deliveries
WHERE delivery_status = 'delivered' AND NOT is_damaged AND delivered_datetime <= updated_at
QUALIFY row_number() OVER (ORDER BY throw(concat_ws('/', 'late', delivery_id, as_of())), delivery_id)
<= greatest(count(*) OVER () // 1000, 1);

CREATE TABLE late_trips AS
SELECT
    * REPLACE (
        round(1.03 * fuel_consumed_liters + 0.01, 2)::DECIMAL(10, 2) AS fuel_consumed_liters,
        updated_at + INTERVAL 50 MINUTE AS updated_at
    )
FROM fleet.public.trips
WHERE status = 'completed' AND fuel_consumed_liters > 0
AND updated_at > since() - INTERVAL 3 DAY AND updated_at < since() - INTERVAL 2 HOUR
QUALIFY row_number() OVER (ORDER BY throw(concat_ws('/', 'receipt', trip_id, as_of())), trip_id) = 1;

CREATE TABLE late_maintenance AS
SELECT
    * REPLACE (
        last_maintenance() + 1 + (SELECT count(*)::INTEGER FROM changed_maintenance) AS maintenance_id,
        'Segundo trabajo de la misma visita' AS description,
        round(0.3 * cost, -2)::DECIMAL(10, 2) AS cost,
        maintenance_date + INTERVAL 19 HOUR AS created_at,
        maintenance_date + INTERVAL 19 HOUR AS updated_at
    )
FROM fleet.public.maintenance
WHERE maintenance_date BETWEEN as_of() - 8 AND as_of() - 2
QUALIFY row_number() OVER (ORDER BY throw(concat_ws('/', 'invoice', maintenance_id, as_of())), maintenance_id) = 1;

CREATE TABLE late_customers AS
SELECT
    * REPLACE (
        phone_number(throw(concat_ws('/', 'letter', customer_id, as_of()))) AS phone,
        since() - INTERVAL 30 HOUR AS updated_at
    )
FROM customers
WHERE updated_at < since() - INTERVAL 3 DAY AND customer_id NOT IN (SELECT customer_id FROM changed_customers)
QUALIFY row_number() OVER (ORDER BY throw(concat_ws('/', 'letter', customer_id, as_of())), customer_id) = 1;

INSERT INTO changed_customers BY NAME FROM late_customers;
INSERT INTO changed_deliveries BY NAME FROM late_deliveries;
INSERT INTO changed_trips BY NAME FROM late_trips;
INSERT INTO changed_maintenance BY NAME FROM late_maintenance;
