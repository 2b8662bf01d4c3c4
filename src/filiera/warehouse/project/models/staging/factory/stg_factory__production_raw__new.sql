{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'factory__production_raw__new') }}),

latest as (
    {{
        latest_version(
            'recorded', ['plant', 'line', 'machine_id', 'production_date'], version='created_at', serial='id'
        )
    }}
),

stg_factory__production_raw__new as (
    select
        plant,
        line,
        machine_id,
        production_date,
        produced_qty,
        scrap_qty,
        created_at as recorded_at,
        _loaded_at as loaded_at,
        _seq,
        _row
    from latest
)

select * from stg_factory__production_raw__new
