{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_touched_days() }}') }}

with

deliveries as (
    {{ deliveries_to_count() }}
),

calendar as (select * from {{ ref('fleet_dim_date') }}),

times as (select * from {{ ref('dim_time') }}),

routes as (select * from {{ ref('dim_route') }}),

vehicles as (select * from {{ ref('dim_vehicle') }}),

mart_deliveries_hourly as (
    select
        calendar.full_date as scheduled_date,
        times.hour as scheduled_hour,
        routes.origin_city,
        vehicles.vehicle_type,
        calendar.day_of_week as iso_weekday,
        {{ delivery_sums('deliveries') }}
    from deliveries
    inner join calendar on deliveries.date_key = calendar.date_key
    inner join times on deliveries.scheduled_time_key = times.time_key
    inner join routes on deliveries.route_key = routes.route_key
    inner join vehicles on deliveries.vehicle_key = vehicles.vehicle_key
    group by calendar.full_date, times.hour, routes.origin_city, vehicles.vehicle_type, calendar.day_of_week
)

select * from mart_deliveries_hourly
