{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['maintenance_id'],
        indexes=indexes(['maintenance_id'], [['vehicle_id']])
    )
}}

with

recorded as (select * from {{ staged('stg_fleet__maintenance') }}),

{% if is_incremental() %}
-- A batch may bring a recording that is older than the one that counts already.
newest as (
    select recorded.*
    from recorded
    left join {{ this }} as kept on recorded.maintenance_id = kept.maintenance_id
    where
        kept.maintenance_id is null
        or recorded.recorded_at > kept.recorded_at
        or (
            recorded.recorded_at = kept.recorded_at
            and (recorded._seq > kept._seq or (recorded._seq = kept._seq and recorded._row > kept._row))
        )
),
{% else %}
newest as (select * from recorded),
{% endif %}

maintenance_state as (
    select
        maintenance_id,
        vehicle_id,
        maintenance_date,
        maintenance_type,
        description,
        cost,
        next_maintenance_date,
        performed_by,
        recorded_at,
        is_deleted,
        loaded_at,
        _seq,
        _row
    from newest
)

select * from maintenance_state
