{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['production_date', 'plant', 'line', 'machine_id'],
        indexes=indexes(['production_date', 'plant', 'line', 'machine_id'], [['plant']])
    )
}}

with

recorded as (
    select * from {{ staged('stg_factory__production_raw') }}
),

{% if is_incremental() %}
-- A batch may bring a recording that is older than the one that counts already.
newest as (
    select recorded.*
    from recorded
    left join {{ this }} as kept
        on
            recorded.production_date = kept.production_date
            and recorded.plant = kept.plant
            and recorded.line = kept.line
            and recorded.machine_id = kept.machine_id
    where
        kept.plant is null
        or recorded.recorded_at > kept.recorded_at
        or (
            recorded.recorded_at = kept.recorded_at
            and (recorded._seq > kept._seq or (recorded._seq = kept._seq and recorded._row > kept._row))
        )
),
{% else %}
newest as (select * from recorded),
{% endif %}

machine_production_fact as (
    select
        production_date,
        plant,
        line,
        machine_id,
        produced_qty,
        scrap_qty,
        recorded_at,
        loaded_at,
        _seq,
        _row
    from newest
)

select * from machine_production_fact
