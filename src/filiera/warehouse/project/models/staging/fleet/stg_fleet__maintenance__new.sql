{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__maintenance__new') }}),

latest as (
    {{ latest_version('recorded', ['maintenance_id'], 'updated_at') }}
),

stg_fleet__maintenance__new as (
    select
        maintenance_id,
        vehicle_id,
        maintenance_date,
        maintenance_type,
        description,
        cost,
        next_maintenance_date,
        performed_by,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from latest
)

select * from stg_fleet__maintenance__new
