with

recorded as (select * from {{ source('lake', 'fleet__deliveries') }}),

stg_fleet__deliveries__trips as (
    select distinct
        delivery_id,
        trip_id
    from recorded
    where trip_id is not null
)

select * from stg_fleet__deliveries__trips
