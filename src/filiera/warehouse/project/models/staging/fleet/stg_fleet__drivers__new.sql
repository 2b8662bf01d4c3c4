{{ config(materialized='ephemeral') }}

with

recorded as (select * from {{ source('lake', 'fleet__drivers__new') }}),

stg_fleet__drivers__new as (
    select
        driver_id,
        employee_code,
        first_name,
        last_name,
        license_number,
        license_category,
        license_expiry,
        phone,
        hire_date,
        status,
        updated_at as recorded_at,
        coalesce(_deleted, false) as is_deleted,
        _loaded_at as loaded_at,
        _seq,
        _row
    from recorded
)

select * from stg_fleet__drivers__new
