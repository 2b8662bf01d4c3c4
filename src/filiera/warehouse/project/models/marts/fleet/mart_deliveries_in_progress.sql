{{ config(materialized='table') }}

with

deliveries as (
    select *
    from {{ ref('fact_deliveries') }}
    where delivery_status in ('pending', 'in_transit')
),

-- There is no clock here: how late a delivery is, is said as of the newest record that came.
newest as (select max(recorded_at) as as_of_at from {{ ref('delivery_state') }}),

drivers as (select * from {{ ref('dim_driver') }}),

vehicles as (select * from {{ ref('dim_vehicle') }}),

routes as (select * from {{ ref('dim_route') }}),

customers as (select * from {{ ref('dim_customer') }}),

waiting as (
    select
        deliveries.*,
        newest.as_of_at,
        case
            when newest.as_of_at > deliveries.scheduled_at
                then {{ minutes_between('deliveries.scheduled_at', 'newest.as_of_at') }}
            else 0
        end as minutes_overdue
    from deliveries
    cross join newest
),

mart_deliveries_in_progress as (
    select
        waiting.delivery_id,
        waiting.trip_id,
        waiting.tracking_number,
        waiting.delivery_status,
        customers.customer_name,
        drivers.full_name as driver_name,
        vehicles.license_plate,
        vehicles.vehicle_type,
        routes.route_code,
        routes.origin_city,
        routes.destination_city,
        waiting.minutes_overdue,
        waiting.minutes_overdue > {{ var('on_time_minutes') }} as is_late,
        waiting.departed_at,
        waiting.scheduled_at,
        {{ local_time('waiting.scheduled_at', var('fleet_time_zone')) }} as scheduled_local,
        waiting.as_of_at,
        {{ local_time('waiting.as_of_at', var('fleet_time_zone')) }} as as_of_local,
        waiting._seq,
        waiting._row
    from waiting
    inner join drivers on waiting.driver_key = drivers.driver_key
    inner join vehicles on waiting.vehicle_key = vehicles.vehicle_key
    inner join routes on waiting.route_key = routes.route_key
    inner join customers on waiting.customer_key = customers.customer_key
)

select * from mart_deliveries_in_progress
