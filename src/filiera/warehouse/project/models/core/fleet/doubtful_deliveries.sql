{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where delivery_id in (select delivery_id from {{ ref('touched_deliveries') }}){% endif %}"
    )
}}

{% set touched_deliveries = ref('touched_deliveries') %}

with

deliveries as (
    select deliveries.*
    from {{ ref('delivery_state') }} as deliveries
    {% if is_incremental() %}
    inner join {{ touched_deliveries }} as touched on deliveries.delivery_id = touched.delivery_id
    {% endif %}
    where not deliveries.is_deleted
),

trips as (
    select * from {{ ref('trip_state') }}
    where not is_deleted
),

-- Few customers are met twice on one trip; only what they got is looked at more closely.
met_twice as (
    select
        trip_id,
        customer_id
    from deliveries
    group by trip_id, customer_id
    having count(*) > 1
),

{# The same parcel under two numbers: all that is written on it is the same. -#}
numbered as (
    select
        deliveries.delivery_id,
        row_number() over (
            partition by
                deliveries.trip_id,
                deliveries.customer_id,
                deliveries.scheduled_at,
                deliveries.delivery_address,
                deliveries.package_weight_kg
            order by deliveries.delivery_id
        ) as number
    from deliveries
    inner join met_twice
        on deliveries.trip_id = met_twice.trip_id and deliveries.customer_id = met_twice.customer_id
),

beside_trips as (
    select
        deliveries.delivery_id,
        trips.trip_id is null as is_without_trip,
        deliveries.package_weight_kg > trips.total_weight_kg as is_heavier,
        deliveries.delivered_at < trips.departed_at or deliveries.delivered_at > trips.arrived_at as is_outside
    from deliveries
    left join trips on deliveries.trip_id = trips.trip_id
),

doubted as (
    select * from beside_trips
    where is_without_trip or is_heavier or is_outside
),

doubtful_deliveries as (
    select
        delivery_id,
        'SCANNED_TWICE' as rule_id
    from numbered
    where number > 1
    union all
    select
        delivery_id,
        'HEAVIER_THAN_TRIP' as rule_id
    from doubted
    where is_heavier
    union all
    select
        delivery_id,
        'WITHOUT_TRIP' as rule_id
    from doubted
    where is_without_trip
    union all
    select
        delivery_id,
        'OUTSIDE_ITS_TRIP' as rule_id
    from doubted
    where is_outside
)

select * from doubtful_deliveries
