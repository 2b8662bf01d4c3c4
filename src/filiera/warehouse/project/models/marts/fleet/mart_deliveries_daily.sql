{{ config(materialized='incremental', incremental_strategy='append', pre_hook='{{ forget_touched_days() }}') }}

with

deliveries as (
    {{ deliveries_to_count() }}
),

calendar as (select * from {{ ref('fleet_dim_date') }}),

totals as (
    select
        calendar.full_date as scheduled_date,
        {{ delivery_sums('deliveries') }},
        {{ fuel_sums('deliveries') }},
        cast(sum(deliveries.package_weight_kg) as decimal(18, 2)) as weight_kg,
        cast(coalesce(sum(deliveries.delivery_time_minutes), 0) as bigint) as delivery_minutes,
        cast(coalesce(sum(deliveries.delay_minutes), 0) as bigint) as delay_minutes,
        cast(count(deliveries.delivery_time_minutes) as integer) as timed
    from deliveries
    inner join calendar on deliveries.date_key = calendar.date_key
    group by calendar.full_date
),

mart_deliveries_daily as (
    select
        *,
        {{ ratio('on_time', 'delivered') }} as on_time_share,
        {{ quotient('delivery_minutes', 'timed') }} as mean_delivery_minutes
    from totals
)

select * from mart_deliveries_daily
