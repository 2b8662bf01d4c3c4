{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=indexes(['plant', 'line', 'machine_id'])
    )
}}

-- The fact has settled already which recordings count; the staging view would settle it once more.
{% set new_recordings = ref('stg_factory__production_raw__new') %}
{% set machine_days = ref('machine_production_fact') %}

with

recorded as (
    select distinct
        plant,
        line,
        machine_id
    from {{ new_recordings if is_incremental() else machine_days }}
),

parameters as (select * from {{ source('lake', 'parameters') }}),

dim_machine as (
    select
        parameters.enterprise,
        recorded.plant,
        recorded.line,
        recorded.machine_id,
        parameters.enterprise || '/'
        || recorded.plant || '/' || recorded.line || '/' || recorded.machine_id as machine_path
    from recorded
    cross join parameters
    {% if is_incremental() %}
    where
        not exists (
            select 1
            from {{ this }} as known
            where
                known.plant = recorded.plant
                and known.line = recorded.line
                and known.machine_id = recorded.machine_id
        )
    {% endif %}
)

select * from dim_machine
