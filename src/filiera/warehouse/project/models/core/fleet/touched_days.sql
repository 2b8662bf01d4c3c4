{{ config(materialized='table') }}

{# Days to which a touched delivery was ever promised: where it counts now, and wherever it may have been counted. -#}
with

plans as (select * from {{ ref('stg_fleet__deliveries__plans') }}),

promised as (
    select distinct {{ local_time('plans.scheduled_at', var('fleet_time_zone')) }} as scheduled_local
    from plans
    inner join {{ ref('touched_deliveries') }} as touched on plans.delivery_id = touched.delivery_id
    {{ 'where false' if flags.FULL_REFRESH }}
),

touched_days as (
    select distinct
        {{ date_key('scheduled_local') }} as date_key,
        cast(scheduled_local as date) as scheduled_date
    from promised
)

select * from touched_days
