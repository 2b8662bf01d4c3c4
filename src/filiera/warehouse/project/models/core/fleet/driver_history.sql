{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['driver_id'],
        indexes=indexes(['driver_key'], [['driver_id', 'valid_from']])
    )
}}

{% set tracked = [
    'employee_code', 'first_name', 'last_name', 'license_number', 'license_category',
    'license_expiry', 'phone', 'hire_date', 'status'
] %}
{% set changed = ref('stg_fleet__drivers__new') %}

with

recorded as (
    select *
    from {{ ref('stg_fleet__drivers') }}
    {% if is_incremental() %}
    where driver_id in (select changed.driver_id from {{ changed }} as changed)
    {% endif %}
),

{{ history('recorded', 'driver_id', tracked, 'recorded_at', 'driver_key') }}

select * from versions
