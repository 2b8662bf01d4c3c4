{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['delivery_id'],
        indexes=indexes(['delivery_id'], [['trip_id'], ['customer_id']])
    )
}}

with

recorded as (select * from {{ staged('stg_fleet__deliveries') }}),

{% if is_incremental() %}
-- A batch may bring a recording that is older than the one that counts already.
newest as (
    select recorded.*
    from recorded
    left join {{ this }} as kept on recorded.delivery_id = kept.delivery_id
    where
        kept.delivery_id is null
        or recorded.recorded_at > kept.recorded_at
        or (
            recorded.recorded_at = kept.recorded_at
            and (recorded._seq > kept._seq or (recorded._seq = kept._seq and recorded._row > kept._row))
        )
),
{% else %}
newest as (select * from recorded),
{% endif %}

delivery_state as (
    select
        delivery_id,
        trip_id,
        customer_id,
        tracking_number,
        delivery_address,
        package_weight_kg,
        scheduled_at,
        delivered_at,
        delivery_status,
        recipient_signature,
        is_damaged,
        recorded_at,
        is_deleted,
        loaded_at,
        _seq,
        _row
    from newest
)

select * from delivery_state
