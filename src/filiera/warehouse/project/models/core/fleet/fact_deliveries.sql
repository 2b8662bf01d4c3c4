{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['delivery_id'],
        indexes=indexes(['delivery_id'], [['date_key'], ['trip_id'], ['customer_key']]),
        post_hook="delete from {{ this }} where delivery_id in (select delivery_id from {{ ref('delivery_state') }} where is_deleted)"
    )
}}

{% set touched = ref('touched_trips') %}
{% set zone = var('fleet_time_zone') %}

with

trips as (select * from {{ ref('fact_trips') }}),

customers as (select * from {{ ref('customer_history') }}),

deliveries as (
    select *
    from {{ ref('delivery_state') }}
    where
        not is_deleted
        {% if is_incremental() %}
        and trip_id in (select touched.trip_id from {{ touched }} as touched)
        {% endif %}
),

-- The place of a delivery within its trip decides who gets the hundredths that do not divide.
placed as (
    select
        *,
        row_number() over (partition by trip_id order by delivery_id) as place,
        count(*) over (partition by trip_id) as deliveries_in_trip
    from deliveries
),

joined as (
    select
        placed.*,
        trips.departed_at,
        trips.fuel_consumed_liters as trip_fuel,
        trips.distance_km as trip_distance,
        trips.toll_cost as trip_toll,
        trips.trip_minutes,
        coalesce(trips.vehicle_key, -1) as vehicle_key,
        coalesce(trips.driver_key, -1) as driver_key,
        coalesce(trips.route_key, -1) as route_key,
        coalesce(customers.customer_key, -1) as customer_key,
        {{ local_time('placed.scheduled_at', zone) }} as scheduled_local,
        {{ local_time('placed.delivered_at', zone) }} as delivered_local
    from placed
    left join trips on placed.trip_id = trips.trip_id
    left join customers
        on
            placed.customer_id = customers.customer_id
            and placed.scheduled_at >= customers.valid_from
            and placed.scheduled_at < customers.valid_to
),

measured as (
    select
        *,
        {{ allocated('trip_fuel', 'place', 'deliveries_in_trip') }} as fuel_consumed_liters,
        {{ allocated('trip_distance', 'place', 'deliveries_in_trip') }} as distance_km,
        {{ allocated('trip_toll', 'place', 'deliveries_in_trip') }} as toll_cost,
        {{ minutes_between('departed_at', 'delivered_at') }} as delivery_time_minutes,
        case
            when delivered_at > scheduled_at then {{ minutes_between('scheduled_at', 'delivered_at') }}
            when delivered_at is not null then 0
        end as delay_minutes
    from joined
),

fact_deliveries as (
    select
        delivery_id as delivery_key,
        {{ date_key('scheduled_local') }} as date_key,
        {{ time_key('scheduled_local') }} as scheduled_time_key,
        coalesce({{ time_key('delivered_local') }}, -1) as delivered_time_key,
        vehicle_key,
        driver_key,
        route_key,
        customer_key,
        delivery_id,
        trip_id,
        tracking_number,
        delivery_status,
        package_weight_kg,
        distance_km,
        fuel_consumed_liters,
        toll_cost,
        delivery_time_minutes,
        delay_minutes,
        deliveries_in_trip,
        {{ quotient('60 * deliveries_in_trip', 'trip_minutes') }} as deliveries_per_hour,
        {{ quotient('cast(trip_distance * 100 as bigint)', 'cast(trip_fuel * 100 as bigint)') }}
            as fuel_efficiency_km_per_liter,
        cast(fuel_consumed_liters * {{ var('fuel_price_per_liter') }} + toll_cost as decimal(14, 2))
            as cost_per_delivery,
        cast({{ var('revenue_per_delivery') }} + {{ var('revenue_per_kg') }} * package_weight_kg as decimal(14, 2))
            as revenue_per_delivery,
        delay_minutes <= {{ var('on_time_minutes') }} as is_on_time,
        is_damaged,
        recipient_signature as has_signature,
        departed_at,
        scheduled_at,
        delivered_at,
        _seq as etl_batch_id,
        loaded_at as etl_timestamp,
        _seq,
        _row
    from measured
)

select * from fact_deliveries
