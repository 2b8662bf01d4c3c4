{{ config(materialized='table') }}

{% set new_deliveries = ref('stg_fleet__deliveries__new') %}

{# What came in, and what is on a touched trip. What was on one and is moved or deleted came in, too. -#}
with

deliveries as (select * from {{ ref('delivery_state') }}),

touched as (
    select delivery_id from {{ new_deliveries }}
    union
    select deliveries.delivery_id
    from deliveries
    inner join {{ ref('touched_trips') }} as touched_trips on deliveries.trip_id = touched_trips.trip_id
),

touched_deliveries as (
    select delivery_id from touched
    {{ 'where false' if flags.FULL_REFRESH }}
)

select * from touched_deliveries
