{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__vehicles__new') }}),

stg_fleet__vehicles__new as (
    select
        vehicle_id,
        license_plate,
        vehicle_type,
        capacity_kg,
        fuel_type,
        acquisition_date,
        status,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from recorded
)

select * from stg_fleet__vehicles__new
