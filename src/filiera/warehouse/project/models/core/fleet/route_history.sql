{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['route_id'],
        indexes=indexes(['route_key'], [['route_id', 'valid_from']])
    )
}}

{% set tracked = [
    'route_code', 'origin_city', 'destination_city', 'distance_km', 'estimated_duration_hours',
    'toll_cost'
] %}
{% set changed = ref('stg_fleet__routes__new') %}

with

recorded as (
    select *
    from {{ ref('stg_fleet__routes') }}
    {% if is_incremental() %}
    where route_id in (select changed.route_id from {{ changed }} as changed)
    {% endif %}
),

{{ history('recorded', 'route_id', tracked, 'recorded_at', 'route_key') }}

select * from versions
