-- Where does demand go? Trips, deliveries and weight by destination city.
-- :days = 60

SELECT
    route.destination_city,
    count(DISTINCT delivery.trip_id) AS trips,
    count(*) AS deliveries,
    sum(delivery.package_weight_kg) AS total_kg
FROM fleet.fact_deliveries AS delivery
JOIN fleet.dim_route AS route ON delivery.route_key = route.route_key
WHERE delivery.departed_at >= :today_at - :days * INTERVAL 1 DAY
GROUP BY route.destination_city
ORDER BY deliveries DESC, destination_city
