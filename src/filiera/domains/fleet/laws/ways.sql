-- The routes that a kind of vehicle may take from one city to another: the usual road counts three times.
CREATE TABLE ways AS
SELECT
    vehicle_type,
    origin_city,
    destination_city,
    list(route_id ORDER BY route_id) AS choices
FROM (
    SELECT
        *,
        row_number() OVER (PARTITION BY vehicle_type, origin_city, destination_city ORDER BY distance_km) AS place
    FROM routes
    INNER JOIN kinds ON distance_km <= reach_km
)
CROSS JOIN range(3) AS times (time)
WHERE time = 0 OR (place = 1 AND origin_city != destination_city)
GROUP BY ALL;

-- The other cities it may go to from a city, each as often as there is demand.
CREATE TABLE beyond AS
SELECT
    vehicle_type,
    origin_city,
    list(destination_city ORDER BY city_no) AS choices
FROM ways
INNER JOIN cities ON city = destination_city
CROSS JOIN range(1, 9) AS times (time)
WHERE origin_city != destination_city AND time <= demand
GROUP BY ALL;
