-- Where does demand go? Trips, deliveries and weight by destination city.
-- :days = 60

SELECT
    routes.destination_city,
    count(DISTINCT trips.trip_id) AS trips,
    count(*) AS deliveries,
    sum(deliveries.package_weight_kg) AS total_kg
FROM routes
JOIN trips ON trips.route_id = routes.route_id
JOIN deliveries ON deliveries.trip_id = trips.trip_id
WHERE trips.departure_datetime >= :today - :days
GROUP BY routes.destination_city
ORDER BY deliveries DESC, destination_city
