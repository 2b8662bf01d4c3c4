with

recorded as (select * from {{ source('lake', 'fleet__routes') }}),

stg_fleet__routes as (
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

select * from stg_fleet__routes
