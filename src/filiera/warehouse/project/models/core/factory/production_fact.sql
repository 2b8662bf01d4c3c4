{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['production_date', 'plant', 'line'],
        indexes=indexes(['production_date', 'plant', 'line'], [['production_date'], ['plant']])
    )
}}

{% set new_recordings = ref('stg_factory__production_raw__new') %}

with

machine_days as (select * from {{ ref('machine_production_fact') }}),

{% if is_incremental() %}
touched as (
    select distinct
        production_date,
        plant,
        line
    from {{ new_recordings }}
),

counted as (
    select machine_days.*
    from machine_days
    inner join touched
        on
            machine_days.production_date = touched.production_date
            and machine_days.plant = touched.plant
            and machine_days.line = touched.line
),
{% else %}
counted as (select * from machine_days),
{% endif %}

summed as (
    select
        production_date,
        plant,
        line,
        cast(sum(produced_qty) as bigint) as total_produced,
        cast(sum(scrap_qty) as bigint) as total_scrap,
        cast(count(*) as integer) as machines,
        max(loaded_at) as load_timestamp
    from counted
    group by production_date, plant, line
),

production_fact as (
    select
        production_date,
        plant,
        line,
        total_produced,
        total_scrap,
        {{ ratio('total_scrap', 'total_produced') }} as scrap_rate,
        machines,
        load_timestamp
    from summed
)

select * from production_fact
