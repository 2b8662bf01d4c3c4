{{ config(materialized='table') }}

{% set new_trips = ref('stg_fleet__trips__new') %}
{% set new_deliveries = ref('stg_fleet__deliveries__new') %}

{# A dimension row that comes late changes the version that earlier events belong to; from its moment on, or from the
   beginning of time where it is the first of its key. A delivery that is gone, or on another trip now, leaves its share
   to the others of the trip it was on. A full build computes every trip anew and asks for none: then there are none. #}
with

trips as (select * from {{ ref('trip_state') }}),

deliveries as (select * from {{ ref('delivery_state') }}),

changed_vehicles as ({{ affected_from('vehicle') }}
),

changed_drivers as ({{ affected_from('driver') }}
),

changed_routes as ({{ affected_from('route') }}
),

changed_customers as ({{ affected_from('customer') }}
),

touched as (
    select trip_id from {{ new_trips }}
    union
    select on_trip.trip_id
    from {{ ref('stg_fleet__deliveries__plans') }} as on_trip
    inner join {{ new_deliveries }} as new_deliveries on on_trip.delivery_id = new_deliveries.delivery_id
    union
    select trips.trip_id
    from trips
    inner join changed_vehicles as changed
        on trips.vehicle_id = changed.vehicle_id and trips.departed_at >= changed.affected_from
    union
    select trips.trip_id
    from trips
    inner join changed_drivers as changed
        on trips.driver_id = changed.driver_id and trips.departed_at >= changed.affected_from
    union
    select trips.trip_id
    from trips
    inner join changed_routes as changed
        on trips.route_id = changed.route_id and trips.departed_at >= changed.affected_from
    union
    select deliveries.trip_id
    from deliveries
    inner join changed_customers as changed
        on deliveries.customer_id = changed.customer_id and deliveries.scheduled_at >= changed.affected_from
),

touched_trips as (
    select distinct trip_id from touched
    where trip_id is not null{{ ' and false' if flags.FULL_REFRESH }}
)

select * from touched_trips
