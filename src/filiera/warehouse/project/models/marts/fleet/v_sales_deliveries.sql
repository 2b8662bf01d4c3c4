{{ config(materialized='view', secure=true, post_hook="{{ secure_view('sales') }}") }}

{% set zone = var('fleet_time_zone') %}

with

deliveries as (select * from {{ ref('fact_deliveries') }}),

customers as (select * from {{ ref('customer_history') }}),

-- Whoever was a government customer once stays hidden, before and after.
government as (
    select customer_id
    from customers
    where customer_type = 'Gobierno'
),

v_sales_deliveries as (
    select
        deliveries.delivery_id,
        cast({{ local_time('deliveries.scheduled_at', zone) }} as date) as full_date,
        customers.customer_name,
        customers.customer_type,
        deliveries.delivery_status,
        deliveries.package_weight_kg,
        deliveries.revenue_per_delivery
    from deliveries
    inner join customers on deliveries.customer_key = customers.customer_key
    where customers.customer_id not in (select government.customer_id from government)
)

select * from v_sales_deliveries
