{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_touched_days() }}') }}

with

deliveries as (
    {{ deliveries_to_count() }}
),

calendar as (select * from {{ ref('fleet_dim_date') }}),

drivers as (select * from {{ ref('dim_driver') }}),

routes as (select * from {{ ref('dim_route') }}),

vehicles as (select * from {{ ref('dim_vehicle') }}),

mart_drivers_daily as (
    select
        calendar.full_date as scheduled_date,
        drivers.driver_id,
        routes.origin_city,
        vehicles.vehicle_type,
        {{ delivery_sums('deliveries') }},
        {{ fuel_sums('deliveries') }}
    from deliveries
    inner join calendar on deliveries.date_key = calendar.date_key
    inner join drivers on deliveries.driver_key = drivers.driver_key
    inner join routes on deliveries.route_key = routes.route_key
    inner join vehicles on deliveries.vehicle_key = vehicles.vehicle_key
    group by calendar.full_date, drivers.driver_id, routes.origin_city, vehicles.vehicle_type
)

select * from mart_drivers_daily
