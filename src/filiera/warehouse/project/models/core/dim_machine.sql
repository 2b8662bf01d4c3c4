{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=indexes(['plant', 'line', 'machine_id'])
    )
}}

with

recorded as (
    select distinct
        plant,
        line,
        machine_id
    from {{ staged('stg_factory__production_raw') }}
),

dim_machine as (
    select
        '{{ var("enterprise") }}' as enterprise,
        recorded.plant,
        recorded.line,
        recorded.machine_id,
        '{{ var("enterprise") }}/'
        || recorded.plant || '/' || recorded.line || '/' || recorded.machine_id as machine_path
    from recorded
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
