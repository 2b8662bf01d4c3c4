-- Which routes use most fuel for their length?
-- :least = 50
-- :top = 10

SELECT
    routes.route_code,
    routes.origin_city || ' -> ' || routes.destination_city AS cities,
    routes.distance_km,
    count(*) AS trips,
    round(sum(trips.fuel_consumed_liters) / count(*), 2) AS litres_per_trip,
    round(100 * sum(trips.fuel_consumed_liters) / sum(routes.distance_km), 2) AS litres_per_100_km,
    sum(trips.fuel_consumed_liters) AS total_litres
FROM trips
JOIN routes ON routes.route_id = trips.route_id
WHERE trips.status = 'completed' AND trips.fuel_consumed_liters IS NOT NULL AND routes.distance_km > 0
GROUP BY routes.route_code, cities, routes.distance_km
HAVING count(*) >= :least
ORDER BY litres_per_100_km DESC, route_code
LIMIT :top
