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
    select
        -1 as customer_key,
        -1 as customer_id,
        'Unknown' as customer_name,
        'Unknown' as customer_type,
        'Unknown' as city,
        cast(null as varchar) as address,
        cast(null as date) as first_delivery_date,
        0 as total_deliveries,
        cast(null as varchar) as customer_category,
        false as is_deleted,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current
)

select * from dim_customer
