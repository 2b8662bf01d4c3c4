{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['vehicle_id'],
        indexes=indexes(['vehicle_key'], [['vehicle_id', 'valid_from']])
    )
}}

{% set tracked = [
    'license_plate', 'vehicle_type', 'capacity_kg', 'fuel_type', 'acquisition_date', 'status'
] %}
{% set changed = ref('stg_fleet__vehicles__new') %}

with

recorded as (
    select *
    from {{ ref('stg_fleet__vehicles') }}
    {% if is_incremental() %}
    where vehicle_id in (select changed.vehicle_id from {{ changed }} as changed)
    {% endif %}
),

{{ history('recorded', 'vehicle_id', tracked, 'recorded_at', 'vehicle_key') }}

select * from versions
