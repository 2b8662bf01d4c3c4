-- Where each vehicle goes, and when. Its life is a chain of tours that begin and end at home: a round in its own city,
-- out and back, or out, on and back; now and then a way out is planned and then cancelled, which moves nobody. So a
-- trip starts where the vehicle is, and at home the crew may change.
--
-- When: the trips of a vehicle are spread over its service by demand, and none sets out before the worst delay of the
-- trip before it, a pause and a stay in the workshop are over. That rule has a closed form, a running sum and a running
-- maximum: the earliest departures that respect what is before. Another gives the latest that let everything after
-- them take place. The lesser of two plans that respect the rule respects it too.

-- How many trips and stays in the workshop each vehicle has. Rounded running sums make the totals exact.
CREATE TABLE workloads AS
WITH served AS (
    SELECT
        vehicles.*,
        coalesce(first_hour.before, whole) AS demand_before,
        greatest(coalesce(last_hour.before, whole), demand_before) AS demand_until,
        (trips_a_day * 100)::HUGEINT * (demand_until - demand_before) AS work,
        (sum(work) OVER (ORDER BY vehicle_id))::HUGEINT AS work_up_to,
        (sum(work) OVER ())::HUGEINT AS work_of_all,
        serves_until - to_minutes(1 + draw_up_to(45, throw('last/' || vehicle_id), 0)) AS last_departure
    FROM vehicles
    CROSS JOIN (SELECT sum(weight)::BIGINT AS whole FROM hours)
    LEFT JOIN hours AS first_hour ON first_hour.begins = serves_from
    LEFT JOIN hours AS last_hour ON last_hour.begins = serves_until
),

travelled AS (
    SELECT
        *,
        (trips() * work_up_to // work_of_all - trips() * (work_up_to - work) // work_of_all)::BIGINT AS trips,
        -- A stay comes between two trips, except for the vehicles that are in the workshop at present.
        greatest(trips - 1, 0) AS gaps,
        (sum(gaps) OVER (ORDER BY vehicle_id))::BIGINT AS gaps_up_to,
        (sum(gaps) OVER ())::BIGINT AS gaps_of_all,
        greatest(maintenance() - sum((status = 'maintenance')::INTEGER) OVER (), 0)::BIGINT AS stays_of_all
    FROM served
)

SELECT
    *,
    coalesce(
        stays_of_all * gaps_up_to // gaps_of_all - stays_of_all * (gaps_up_to - gaps) // gaps_of_all, 0
    ) AS stays
FROM travelled;

CREATE TABLE stays AS
SELECT
    vehicle_id,
    stay,
    throw(concat_ws('/', 'stay', vehicle_id, stay)) AS a,
    1 + floor((gaps - 1) * (stay - 0.85 + 0.7 * draw(a, 0)) / stays)::BIGINT AS after_trip
FROM workloads, range(1, stays + 1) AS t (stay);

-- Every leg of every tour, until the vehicle has its trips; the last tour may still be under way.
CREATE TABLE legs AS
WITH tours AS (
    SELECT
        vehicle_id,
        workloads.vehicle_type,
        home_city,
        trips,
        tour,
        throw(concat_ws('/', 'tour', vehicle_id, tour)) AS a,
        throw(concat_ws('/', 'onward', vehicle_id, tour)) AS b,
        draw(a, 0) < 0.03 AS is_cancelled,
        CASE
            WHEN draw(a, 1) < local_share OR is_cancelled THEN 1
            WHEN draw(a, 2) < 0.8 OR workloads.vehicle_type = 'Van' THEN 2
            ELSE 3
        END AS legs,
        CASE
            WHEN draw(a, 1) < local_share THEN home_city
            ELSE pick(beyond.choices, draw(a, 3))
        END AS first_stop
    FROM workloads
    LEFT JOIN beyond ON beyond.vehicle_type = workloads.vehicle_type AND origin_city = home_city,
        range(1, trips + 1) AS t (tour)
),

routed AS (
    SELECT
        tours.*,
        CASE
            WHEN legs = 3
                THEN pick(list_filter(beyond.choices, lambda city: city != home_city), draw(b, 0))
        END AS second_stop
    FROM tours
    LEFT JOIN beyond ON beyond.vehicle_type = tours.vehicle_type AND origin_city = first_stop AND legs = 3
),

placed AS (
    SELECT
        vehicle_id,
        vehicle_type,
        tour,
        leg,
        is_cancelled,
        CASE leg WHEN 1 THEN home_city WHEN 2 THEN first_stop ELSE second_stop END AS origin_city,
        CASE WHEN leg = 1 THEN first_stop WHEN leg < legs THEN second_stop ELSE home_city END AS destination_city,
        row_number() OVER (PARTITION BY vehicle_id ORDER BY tour, leg) AS trip
    FROM routed, range(1, legs + 1) AS t (leg)
    QUALIFY trip <= trips
)

SELECT
    placed.* EXCLUDE (vehicle_type),
    throw(concat_ws('/', 'leg', vehicle_id, trip)) AS a,
    pick(ways.choices, draw(a, 0)) AS route_id
FROM placed
INNER JOIN ways USING (vehicle_type, origin_city, destination_city);
