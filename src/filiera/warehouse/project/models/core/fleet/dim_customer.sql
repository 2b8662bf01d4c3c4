with

versions as (select * from {{ ref('customer_history') }}),

today as (select max(logical_date) as day from {{ source('lake', 'parameters') }}),

received as (
    select
        customers.customer_id,
        cast(min({{ local_time('facts.delivered_at', var('fleet_time_zone')) }}) as date) as first_delivery_date,
        cast(count(*) as integer) as total_deliveries
    from {{ ref('fact_deliveries') }} as facts
    inner join {{ ref('customer_history') }} as customers on facts.customer_key = customers.customer_key
    where facts.delivery_status = 'delivered'
    group by customers.customer_id
),

known as (
    select
        versions.customer_key,
        versions.customer_id,
        versions.customer_name,
        versions.customer_type,
        versions.city,
        versions.address,
        received.first_delivery_date,
        coalesce(received.total_deliveries, 0) as total_deliveries,
        case
            when coalesce(received.total_deliveries, 0) >= {{ var('customer_premium_deliveries') }} then 'Premium'
            when coalesce(received.total_deliveries, 0) >= {{ var('customer_regular_deliveries') }} then 'Regular'
            else 'Ocasional'
        end as customer_category,
        versions.is_deleted,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from versions
    cross join today
    left join received on versions.customer_id = received.customer_id
),

dim_customer as (
    select * from known
    union all
    select -1, -1, 'Unknown', 'Unknown', 'Unknown', cast(null as varchar), cast(null as date), 0, cast(null as varchar), false, {{ beginning_of_time() }}, {{ end_of_time() }}, true
)

select * from dim_customer
