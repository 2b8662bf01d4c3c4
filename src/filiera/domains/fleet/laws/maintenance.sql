-- The records of the stays in `maintenance_done`: what was done, by whom, for how much, and when to come again.
CREATE VIEW seen_maintenance AS
SELECT
    maintenance_id,
    vehicle_id,
    maintenance_date,
    maintenance_type,
    description,
    round(usual_cost * upkeep::DOUBLE * (0.8 + 0.4 * draw(a, 1)), -2)::DECIMAL(10, 2) AS cost,
    maintenance_date + days_to_next AS next_maintenance_date,
    pick(['Taller Central ', 'Servicio Autorizado ', 'Taller El Motor ', 'Frenos y Llantas '], draw(a, 2)) || city
        AS performed_by,
    maintenance_date + to_seconds(30600 + draw_up_to(34200, a, 3)) AS created_at,
    created_at AS updated_at
FROM maintenance_done
INNER JOIN services ON draw(a, 0) >= begins AND draw(a, 0) < ends;
