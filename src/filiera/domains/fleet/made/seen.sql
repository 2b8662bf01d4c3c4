-- The masters as the operational database has them; what the generator knows beside stays with it.
CREATE VIEW seen_vehicles AS
SELECT
    vehicle_id,
    license_plate,
    vehicle_type,
    capacity_kg,
    fuel_type,
    acquisition_date,
    status,
    created_at,
    -- The last change of a vehicle that drives is its return from the workshop, the morning after.
    least(
        coalesce(
            left_at, last_stay + to_seconds(108000 + draw_up_to(7200, throw('back/' || vehicle_id), 0)), created_at
        ),
        present()
    ) AS updated_at
FROM vehicles
LEFT JOIN (SELECT vehicle_id, max(maintenance_date) AS last_stay FROM maintenance_done GROUP BY ALL) USING (vehicle_id)
ORDER BY vehicle_id;

CREATE VIEW seen_drivers AS SELECT * EXCLUDE (vehicle_id, seat, drives_from, drives_until) FROM drivers;

CREATE VIEW seen_routes AS FROM routes;

CREATE VIEW seen_customers AS FROM customers;
