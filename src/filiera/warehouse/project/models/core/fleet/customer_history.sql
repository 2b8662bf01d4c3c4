{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['customer_id'],
        indexes=indexes(['customer_key'], [['customer_id', 'valid_from']])
    )
}}

{% set tracked = [
    'customer_name', 'customer_type', 'city', 'address', 'phone', 'email'
] %}
{% set changed = ref('stg_fleet__customers__new') %}

with

recorded as (
    select *
    from {{ ref('stg_fleet__customers') }}
    {% if is_incremental() %}
    where customer_id in (select changed.customer_id from {{ changed }} as changed)
    {% endif %}
),

{{ history('recorded', 'customer_id', tracked, 'recorded_at', 'customer_key') }}

select * from versions
