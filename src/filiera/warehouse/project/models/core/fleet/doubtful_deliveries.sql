{{ config(materialized='view') }}

with

deliveries as (
    select * from {{ ref('delivery_state') }}
    where not is_deleted
),

trips as (
    select * from {{ ref('trip_state') }}
    where not is_deleted
),

{# The same parcel under two numbers: all that is written on it is the same. -#}
numbered as (
    select
        delivery_id,
        row_number() over (
            partition by trip_id, customer_id, scheduled_at, delivery_address, package_weight_kg
            order by delivery_id
        ) as number
    from deliveries
),

doubtful_deliveries as (
    select
        delivery_id,
        'SCANNED_TWICE' as rule_id
    from numbered
    where number > 1
    union all
    select
        deliveries.delivery_id,
        'HEAVIER_THAN_TRIP' as rule_id
    from deliveries
    inner join trips on deliveries.trip_id = trips.trip_id
    where deliveries.package_weight_kg > trips.total_weight_kg
    union all
    select
        deliveries.delivery_id,
        'WITHOUT_TRIP' as rule_id
    from deliveries
    left join trips on deliveries.trip_id = trips.trip_id
    where trips.trip_id is null
    union all
    select
        deliveries.delivery_id,
        'OUTSIDE_ITS_TRIP' as rule_id
    from deliveries
    inner join trips on deliveries.trip_id = trips.trip_id
    where deliveries.delivered_at < trips.departed_at or deliveries.delivered_at > trips.arrived_at
)

select * from doubtful_deliveries
