{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['trip_id'],
        indexes=indexes(['trip_id'], [['departed_at']]),
        post_hook="delete from {{ this }} where trip_id in (select trip_id from {{ ref('trip_state') }} where is_deleted)"
    )
}}

{% set touched = ref('touched_trips') %}
{% set departed_local = local_time('trips.departed_at', var('fleet_time_zone')) %}

with

trips as (
    select *
    from {{ ref('trip_state') }}
    where
        not is_deleted
        {% if is_incremental() %}
        and trip_id in (select touched.trip_id from {{ touched }} as touched)
        {% endif %}
),

vehicles as (select * from {{ ref('vehicle_history') }}),

drivers as (select * from {{ ref('driver_history') }}),

routes as (select * from {{ ref('route_history') }}),

fact_trips as (
    select
        trips.trip_id,
        coalesce(vehicles.vehicle_key, -1) as vehicle_key,
        coalesce(drivers.driver_key, -1) as driver_key,
        coalesce(routes.route_key, -1) as route_key,
        {{ date_key(departed_local) }} as date_key,
        trips.vehicle_id,
        trips.driver_id,
        trips.route_id,
        trips.status as trip_status,
        trips.departed_at,
        trips.arrived_at,
        routes.distance_km,
        trips.fuel_consumed_liters,
        routes.toll_cost,
        trips.total_weight_kg,
        {{ minutes_between('trips.departed_at', 'trips.arrived_at') }} as trip_minutes,
        trips._seq,
        trips._row
    from trips
    left join vehicles
        on
            trips.vehicle_id = vehicles.vehicle_id
            and trips.departed_at >= vehicles.valid_from
            and trips.departed_at < vehicles.valid_to
    left join drivers
        on
            trips.driver_id = drivers.driver_id
            and trips.departed_at >= drivers.valid_from
            and trips.departed_at < drivers.valid_to
    left join routes
        on
            trips.route_id = routes.route_id
            and trips.departed_at >= routes.valid_from
            and trips.departed_at < routes.valid_to
)

select * from fact_trips
