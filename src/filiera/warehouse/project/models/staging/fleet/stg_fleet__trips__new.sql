{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__trips__new') }}),

latest as (
    {{ latest_version('recorded', ['trip_id'], 'updated_at') }}
),

stg_fleet__trips__new as (
    select
        trip_id,
        vehicle_id,
        driver_id,
        route_id,
        departure_datetime as departed_at,
        arrival_datetime as arrived_at,
        fuel_consumed_liters,
        total_weight_kg,
        status,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from latest
)

select * from stg_fleet__trips__new
