{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_touched_days() }}') }}

with

deliveries as (
    {{ deliveries_to_count() }}
),

calendar as (select * from {{ ref('fleet_dim_date') }}),

routes as (select * from {{ ref('dim_route') }}),

vehicles as (select * from {{ ref('dim_vehicle') }}),

mart_routes_daily as (
    select
        calendar.full_date as scheduled_date,
        routes.route_key,
        vehicles.vehicle_type,
        routes.route_id,
        routes.route_code,
        routes.origin_city,
        routes.destination_city,
        {{ delivery_sums('deliveries') }},
        {{ fuel_sums('deliveries') }}
    from deliveries
    inner join calendar on deliveries.date_key = calendar.date_key
    inner join routes on deliveries.route_key = routes.route_key
    inner join vehicles on deliveries.vehicle_key = vehicles.vehicle_key
    group by
        calendar.full_date,
        routes.route_key,
        vehicles.vehicle_type,
        routes.route_id,
        routes.route_code,
        routes.origin_city,
        routes.destination_city
)

select * from mart_routes_daily
