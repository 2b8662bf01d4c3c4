{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__customers__new') }}),

stg_fleet__customers__new as (
    select
        customer_id,
        customer_name,
        customer_type,
        city,
        address,
        phone,
        email,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from recorded
)

select * from stg_fleet__customers__new
