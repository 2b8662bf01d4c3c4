{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__deliveries__new') }}),

latest as (
    {{ latest_version('recorded', ['delivery_id'], 'updated_at') }}
),

stg_fleet__deliveries__new as (
    select
        delivery_id,
        trip_id,
        customer_id,
        tracking_number,
        delivery_address,
        package_weight_kg,
        scheduled_datetime as scheduled_at,
        delivered_datetime as delivered_at,
        delivery_status,
        recipient_signature,
        is_damaged,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from latest
)

select * from stg_fleet__deliveries__new
