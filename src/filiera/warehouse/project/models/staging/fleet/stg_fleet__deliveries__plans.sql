with

recorded as (select * from {{ source('lake', 'fleet__deliveries') }}),

stg_fleet__deliveries__plans as (
    select
        delivery_id,
        trip_id,
        scheduled_datetime as scheduled_at
    from recorded
    where trip_id is not null
)

select * from stg_fleet__deliveries__plans
