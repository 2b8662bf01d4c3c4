-- What the network is made of. Both the generator and a played day read these.
CREATE TABLE cities AS
SELECT *
FROM (
    VALUES
    (1, 'Bogotá', 8), (2, 'Medellín', 5), (3, 'Cali', 4), (4, 'Barranquilla', 3), (5, 'Cartagena', 2)
) AS t (city_no, city, demand);

-- `trips_a_day` on an ordinary working day, `reach_km` the longest route it takes, `upkeep` what it costs in the
-- workshop against an average vehicle. One tour in a hundred × `local_share` stays in the city it starts from.
CREATE TABLE kinds AS
SELECT *
FROM (
    VALUES
    (1, 'Camión Grande', 0.3, 5000, 'diesel', 'C3', 0.58, 2000, 0.15, 0.300, 1.60),
    (2, 'Camión Mediano', 0.3, 3000, 'diesel', 'C2', 0.70, 2000, 0.40, 0.220, 1.15),
    (3, 'Van', 0.3, 1500, 'gasolina', 'C1', 1.03, 660, 0.70, 0.130, 0.80),
    (4, 'Motocicleta', 0.1, 50, 'gasolina', 'A2', 1.50, 45, 1.00, 0.035, 0.30)
) AS t (
    kind_no, vehicle_type, share, capacity_kg, fuel_type, license_category,
    trips_a_day, reach_km, local_share, liters_per_km, upkeep
);

CREATE TABLE services AS
SELECT *
FROM (
    VALUES
    ('Cambio de aceite', 0.00, 0.30, 150000, 30, 'Aceite, filtros y revisión de niveles'),
    ('Revisión de frenos', 0.30, 0.45, 250000, 60, 'Pastillas, discos y líquido de frenos'),
    ('Cambio de llantas', 0.45, 0.55, 450000, 90, 'Juego de llantas y balanceo'),
    ('Mantenimiento general', 0.55, 0.75, 350000, 45, 'Revisión general según manual'),
    ('Revisión de motor', 0.75, 0.85, 500000, 60, 'Diagnóstico, inyección y correas'),
    ('Alineación y balanceo', 0.85, 1.00, 180000, 30, 'Alineación de ejes y balanceo')
) AS t (maintenance_type, begins, ends, usual_cost, days_to_next, description);
