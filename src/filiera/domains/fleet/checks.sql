-- Counts the rows of the operational database that break a law of the fleet, over all of its history.
WITH driven AS (
    SELECT
        trips.*,
        vehicles.capacity_kg,
        vehicles.vehicle_type,
        vehicles.acquisition_date,
        vehicles.status AS vehicle_status,
        vehicles.updated_at AS vehicle_changed_at,
        drivers.hire_date,
        drivers.license_expiry,
        drivers.status AS driver_status,
        drivers.updated_at AS driver_changed_at,
        routes.distance_km,
        routes.origin_city,
        routes.destination_city,
        trips.status = 'cancelled' AS is_cancelled,
        coalesce(trips.arrival_datetime, 'infinity') AS ends_at
    FROM ${tables}trips AS trips
    LEFT JOIN ${tables}vehicles AS vehicles USING (vehicle_id)
    LEFT JOIN ${tables}drivers AS drivers USING (driver_id)
    LEFT JOIN ${tables}routes AS routes USING (route_id)
),

chained AS (
    SELECT
        *,
        lag(ends_at) OVER of_vehicle AS vehicle_free_at,
        lag(destination_city) OVER of_vehicle AS vehicle_city,
        lag(ends_at) OVER of_driver AS driver_free_at,
        lag(destination_city) OVER of_driver AS driver_city
    FROM driven
    WHERE NOT is_cancelled
    WINDOW
        of_vehicle AS (PARTITION BY vehicle_id ORDER BY departure_datetime),
        of_driver AS (PARTITION BY driver_id ORDER BY departure_datetime)
),

trip_checks AS (
    SELECT
        count(*) FILTER (WHERE acquisition_date IS NULL OR hire_date IS NULL OR distance_km IS NULL) AS without_master,
        count(*) FILTER (WHERE ends_at <= departure_datetime) AS arrival_not_after_departure,
        count(*) FILTER (WHERE total_weight_kg > capacity_kg) AS heavier_than_capacity,
        count(*) FILTER (WHERE departure_datetime < acquisition_date) AS vehicle_before_it_was_bought,
        count(*) FILTER (
            WHERE vehicle_status IN ('retired', 'inactive', 'maintenance') AND NOT is_cancelled
            AND ends_at > vehicle_changed_at
        ) AS vehicle_out_of_service,
        count(*) FILTER (WHERE departure_datetime < hire_date) AS driver_before_hired,
        count(*) FILTER (WHERE driver_status <> 'active' AND NOT is_cancelled AND ends_at > driver_changed_at)
            AS driver_out_of_service,
        count(*) FILTER (WHERE departure_datetime::date > license_expiry) AS license_expired,
        count(*) FILTER (WHERE vehicle_type = 'Motocicleta' AND distance_km > 120) AS motorcycle_on_long_route,
        count(*) FILTER (
            WHERE NOT fuel_consumed_liters / distance_km BETWEEN 0.02 AND 0.60
        ) AS impossible_fuel,
        count(*) FILTER (
            WHERE departure_datetime > present() OR arrival_datetime > present() OR updated_at > present()
        ) AS in_the_future
    FROM driven
),

chain_checks AS (
    SELECT
        count(*) FILTER (WHERE departure_datetime < vehicle_free_at) AS vehicle_in_two_places,
        count(*) FILTER (WHERE departure_datetime < driver_free_at) AS driver_in_two_places,
        count(*) FILTER (WHERE origin_city <> vehicle_city) AS vehicle_starts_elsewhere,
        count(*) FILTER (WHERE origin_city <> driver_city) AS driver_starts_elsewhere
    FROM chained
),

stops AS (
    SELECT
        deliveries.*,
        departure_datetime,
        ends_at,
        total_weight_kg,
        destination_city,
        lag(scheduled_datetime) OVER in_order AS appointment_before,
        -- A parcel that was not handed over has no time: the latest of all before counts.
        max(delivered_datetime) OVER (
            PARTITION BY trip_id ORDER BY delivery_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS delivered_before,
        sum(package_weight_kg) OVER in_order AS weight_so_far
    FROM ${tables}deliveries AS deliveries
    LEFT JOIN driven USING (trip_id)
    WINDOW in_order AS (PARTITION BY trip_id ORDER BY delivery_id)
),

stop_checks AS (
    SELECT
        count(*) FILTER (WHERE departure_datetime IS NULL) AS without_trip,
        count(*) FILTER (WHERE NOT regexp_full_match(tracking_number, 'FL\d{12}')) AS malformed_tracking_number,
        count(*) FILTER (
            WHERE scheduled_datetime NOT BETWEEN departure_datetime AND ends_at
            OR delivered_datetime NOT BETWEEN departure_datetime AND ends_at
        ) AS outside_its_trip,
        count(*) FILTER (WHERE scheduled_datetime < appointment_before OR delivered_datetime < delivered_before)
            AS out_of_order,
        count(DISTINCT trip_id) FILTER (WHERE weight_so_far > total_weight_kg) AS heavier_than_trip,
        count(*) FILTER (WHERE delivery_address NOT LIKE '%, ' || destination_city) AS elsewhere_than_its_trip,
        count(*) FILTER (
            WHERE delivery_status NOT IN ('pending', 'in_transit', 'delivered', 'failed', 'cancelled')
        ) AS unknown_status,
        count(*) FILTER (
            WHERE (delivery_status = 'delivered') <> (delivered_datetime IS NOT NULL)
            OR (delivery_status <> 'delivered' AND (recipient_signature OR is_damaged))
        ) AS status_contradicts_rest,
        count(*) FILTER (WHERE delivered_datetime > present() OR updated_at > present()) AS in_the_future
    FROM stops
),

workshop_checks AS (
    SELECT
        count(*) FILTER (WHERE maintenance_date < acquisition_date) AS before_it_was_bought,
        count(*) FILTER (
            WHERE EXISTS (
                SELECT 1
                FROM chained
                WHERE chained.vehicle_id = done.vehicle_id AND departure_datetime < maintenance_date + 1
                AND ends_at >= maintenance_date
            )
        ) AS during_a_trip
    FROM ${tables}maintenance AS done
    LEFT JOIN ${tables}vehicles AS vehicles USING (vehicle_id)
),

counted AS (
    SELECT 'trips' AS table_name, * FROM (UNPIVOT trip_checks ON * INTO NAME check_name VALUE broken_rows)
    UNION ALL
    SELECT 'trips', * FROM (UNPIVOT chain_checks ON * INTO NAME check_name VALUE broken_rows)
    UNION ALL
    SELECT 'deliveries', * FROM (UNPIVOT stop_checks ON * INTO NAME check_name VALUE broken_rows)
    UNION ALL
    SELECT 'maintenance', * FROM (UNPIVOT workshop_checks ON * INTO NAME check_name VALUE broken_rows)
)

SELECT
    table_name,
    check_name,
    broken_rows,
    CASE broken_rows WHEN 0 THEN 'passed' ELSE 'failed' END AS status
FROM counted
ORDER BY table_name, check_name;
