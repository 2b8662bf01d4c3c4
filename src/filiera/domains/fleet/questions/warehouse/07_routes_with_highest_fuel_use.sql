-- Which routes use most fuel for their length?
-- :least = 50
-- :top = 10

SELECT
    route.route_code,
    route.origin_city || ' -> ' || route.destination_city AS cities,
    max(route.distance_km) AS distance_km,
    count(*) AS trips,
    round(sum(trip.fuel_consumed_liters) / count(*), 2) AS litres_per_trip,
    round(100 * sum(trip.fuel_consumed_liters) / sum(trip.distance_km), 2) AS litres_per_100_km,
    sum(trip.fuel_consumed_liters) AS total_litres
FROM fleet.fact_trips AS trip
JOIN fleet.dim_route AS route ON trip.route_key = route.route_key
WHERE trip.trip_status = 'completed' AND trip.fuel_consumed_liters IS NOT NULL AND trip.distance_km > 0
GROUP BY route.route_code, cities
HAVING count(*) >= :least
ORDER BY litres_per_100_km DESC, route_code
LIMIT :top
