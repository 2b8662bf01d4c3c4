{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['driver_id'],
        indexes=indexes(['driver_key'], [['driver_id', 'valid_from']])
    )
}}

{% set changed = ref('stg_fleet__drivers__new') %}

with

recorded as (
    select *
    from {{ ref('stg_fleet__drivers') }}
    {% if is_incremental() %}
    where driver_id in (select driver_id from {{ changed }})
    {% endif %}
),

{{ history('recorded', 'driver_id', ['employee_code', 'first_name', 'last_name', 'license_number', 'license_category', 'license_expiry', 'phone', 'hire_date', 'status'], 'recorded_at', 'driver_key') }}

select * from versions
