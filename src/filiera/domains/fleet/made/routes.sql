-- Fifty routes: the usual road for each way between two cities, a longer one with fewer tolls where Bogotá is an
-- end, and rounds in and about each city, which are all a motorcycle takes.
CREATE TABLE routes AS
WITH roads AS (
    SELECT *
    FROM (
        VALUES
        ('Bogotá', 'Medellín', 440), ('Bogotá', 'Cali', 460), ('Bogotá', 'Barranquilla', 1000),
        ('Bogotá', 'Cartagena', 1050), ('Medellín', 'Cali', 420), ('Medellín', 'Barranquilla', 640),
        ('Medellín', 'Cartagena', 640), ('Cali', 'Barranquilla', 1100), ('Cali', 'Cartagena', 1100),
        ('Barranquilla', 'Cartagena', 120)
    ) AS t (one, other, usual_km)
),

both_ways AS (
    SELECT one AS origin_city, other AS destination_city, usual_km FROM roads
    UNION ALL
    SELECT other, one, usual_km FROM roads
),

between_cities AS (
    SELECT
        origin_city,
        destination_city,
        variant,
        throw(concat_ws('/', 'road', origin_city, destination_city, variant)) AS a,
        round(usual_km * CASE variant WHEN 1 THEN 0.985 + 0.03 * draw(a, 0) ELSE 1.05 + 0.05 * draw(a, 0) END, 1)
            AS distance_km,
        distance_km / CASE variant WHEN 1 THEN 62 + 13 * draw(a, 1) ELSE 60 + 6 * draw(a, 1) END + 1.5 AS hours,
        floor(distance_km / CASE variant WHEN 1 THEN 100 ELSE 200 END) * 15000 AS toll_cost
    FROM both_ways
    CROSS JOIN range(1, 3) AS variants (variant)
    WHERE variant = 1 OR 'Bogotá' IN (origin_city, destination_city)
),

rounds AS (
    SELECT
        city AS origin_city,
        city AS destination_city,
        variant,
        throw(concat_ws('/', 'round', city, variant)) AS a,
        round(from_km + (to_km - from_km) * draw(a, 0), 1) AS distance_km,
        CASE WHEN to_km <= 45 THEN 1.0 + distance_km / 22 ELSE 1.0 + distance_km / 40 END AS hours,
        CASE WHEN distance_km > 80 THEN 15000 ELSE 0 END AS toll_cost
    FROM cities
    CROSS JOIN (VALUES (1, 15, 22), (2, 28, 42), (3, 60, 78), (4, 90, 120), (5, 22, 28), (6, 78, 90))
        AS t (variant, from_km, to_km)
    WHERE variant <= 4 OR city = 'Bogotá'
),

numbered AS (
    SELECT
        *,
        row_number() OVER (ORDER BY origin.city_no, destination.city_no, variant) AS route_id
    FROM (FROM between_cities UNION ALL FROM rounds) AS ways
    INNER JOIN cities AS origin ON origin.city = origin_city
    INNER JOIN cities AS destination ON destination.city = destination_city
)

SELECT
    route_id::INTEGER AS route_id,
    format('R{:03d}', route_id) AS route_code,
    origin_city,
    destination_city,
    distance_km::DECIMAL(10, 2) AS distance_km,
    hours::DECIMAL(5, 2) AS estimated_duration_hours,
    toll_cost::DECIMAL(10, 2) AS toll_cost,
    since()::DATE - 400 + to_seconds(28800 + draw_up_to(30000, a, 2)) AS created_at,
    -- Tolls rise in the middle of January.
    make_date(year(as_of() - 16), 1, 16) + to_seconds(21600 + 60 * route_id) AS updated_at
FROM numbered
ORDER BY route_id;
