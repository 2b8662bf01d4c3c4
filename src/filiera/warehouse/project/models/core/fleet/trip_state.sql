{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['trip_id'],
        indexes=indexes(['trip_id'], [['departed_at']])
    )
}}

with

recorded as (select * from {{ staged('stg_fleet__trips') }}),

{% if is_incremental() %}
-- A batch may bring a recording that is older than the one that counts already.
newest as (
    select recorded.*
    from recorded
    left join {{ this }} as kept on recorded.trip_id = kept.trip_id
    where
        kept.trip_id is null
        or recorded.recorded_at > kept.recorded_at
        or (
            recorded.recorded_at = kept.recorded_at
            and (recorded._seq > kept._seq or (recorded._seq = kept._seq and recorded._row > kept._row))
        )
),
{% else %}
newest as (select * from recorded),
{% endif %}

trip_state as (
    select
        trip_id,
        vehicle_id,
        driver_id,
        route_id,
        departed_at,
        arrived_at,
        fuel_consumed_liters,
        total_weight_kg,
        status,
        recorded_at,
        is_deleted,
        loaded_at,
        _seq,
        _row
    from newest
)

select * from trip_state
