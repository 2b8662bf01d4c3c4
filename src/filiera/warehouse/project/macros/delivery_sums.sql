{#- What deliveries add up to, in every mart of them with the same meaning. Where a trip is still under way its cost is
    unknown, so its deliveries are left out of what a delivery costs. -#}
{% macro delivery_sums(facts) -%}
    cast(count(*) as integer) as deliveries,
        cast(sum(case when {{ facts }}.delivery_status = 'delivered' then 1 else 0 end) as integer) as delivered,
        cast(sum(case when {{ facts }}.is_on_time then 1 else 0 end) as integer) as on_time,
        cast(
            sum(case when {{ facts }}.delivery_status = 'delivered' and {{ facts }}.cost_per_delivery is not null then 1 else 0 end)
            as integer
        ) as delivered_with_cost,
        cast(coalesce(sum({{ facts }}.cost_per_delivery), 0) as decimal(18, 2)) as cost,
        cast(
            sum(case when {{ facts }}.delivery_status = 'delivered' then {{ facts }}.revenue_per_delivery else 0 end)
            as decimal(18, 2)
        ) as revenue
{%- endmacro %}

{#- Fuel, and the kilometres it was used for: both only of trips whose fuel is known. -#}
{% macro fuel_sums(facts) -%}
    cast(coalesce(sum(case when {{ facts }}.fuel_consumed_liters is not null then {{ facts }}.distance_km end), 0) as decimal(18, 2))
            as fuelled_km,
        cast(coalesce(sum(case when {{ facts }}.distance_km is not null then {{ facts }}.fuel_consumed_liters end), 0) as decimal(18, 2))
            as fuel_liters
{%- endmacro %}
