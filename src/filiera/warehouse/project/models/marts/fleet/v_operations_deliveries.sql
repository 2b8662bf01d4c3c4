{{ config(materialized='view', secure=true, post_hook="{{ secure_view('operations') }}") }}

{% set zone = var('fleet_time_zone') %}

with

deliveries as (
    select
        *,
        {{ local_time('scheduled_at', zone) }} as scheduled_local
    from {{ ref('fact_deliveries') }}
),

vehicles as (select * from {{ ref('vehicle_history') }}),

drivers as (select * from {{ ref('driver_history') }}),

routes as (select * from {{ ref('route_history') }}),

customers as (select * from {{ ref('customer_history') }}),

v_operations_deliveries as (
    select
        deliveries.delivery_id,
        cast(deliveries.scheduled_local as date) as full_date,
        {{ clock_time('deliveries.scheduled_local') }} as hour_24,
        coalesce(vehicles.license_plate, 'Unknown') as license_plate,
        coalesce(drivers.first_name || ' ' || drivers.last_name, 'Unknown') as driver_name,
        coalesce(routes.route_code, 'Unknown') as route_code,
        coalesce(customers.customer_name, 'Unknown') as customer_name,
        deliveries.delivery_status,
        deliveries.delivery_time_minutes,
        deliveries.delay_minutes,
        deliveries.is_on_time,
        deliveries.fuel_consumed_liters
    from deliveries
    left join vehicles on deliveries.vehicle_key = vehicles.vehicle_key
    left join drivers on deliveries.driver_key = drivers.driver_key
    left join routes on deliveries.route_key = routes.route_key
    left join customers on deliveries.customer_key = customers.customer_key
)

select * from v_operations_deliveries
