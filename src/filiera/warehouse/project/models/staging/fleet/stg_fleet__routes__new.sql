{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__routes__new') }}),

stg_fleet__routes__new as (
    select
        route_id,
        route_code,
        origin_city,
        destination_city,
        distance_km,
        estimated_duration_hours,
        toll_cost,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from recorded
)

select * from stg_fleet__routes__new
