with

versions as (select * from {{ ref('driver_history') }}),

today as (select max(logical_date) as day from {{ source('lake', 'parameters') }}),

punctual as (
    select
        drivers.driver_id,
        sum(case when facts.is_on_time then 1 else 0 end) as on_time,
        count(*) as delivered
    from {{ ref('fact_deliveries') }} as facts
    inner join {{ ref('driver_history') }} as drivers on facts.driver_key = drivers.driver_key
    where facts.delivery_status = 'delivered'
    group by drivers.driver_id
),

known as (
    select
        versions.driver_key,
        versions.driver_id,
        versions.employee_code,
        versions.first_name || ' ' || versions.last_name as full_name,
        versions.license_number,
        versions.license_expiry,
        versions.phone,
        versions.hire_date,
        cast(
            (extract(year from today.day) - extract(year from versions.hire_date)) * 12
            + extract(month from today.day)
            - extract(month from versions.hire_date)
            - case when extract(day from today.day) < extract(day from versions.hire_date) then 1 else 0 end as integer
        ) as experience_months,
        versions.status,
        case
            when punctual.delivered is null then null
            when punctual.on_time >= {{ var('driver_high_share') }} * punctual.delivered then 'Alto'
            when punctual.on_time >= {{ var('driver_medium_share') }} * punctual.delivered then 'Medio'
            else 'Bajo'
        end as performance_category,
        versions.is_deleted,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from versions
    cross join today
    left join punctual on versions.driver_id = punctual.driver_id
),

dim_driver as (
    select * from known
    union all
    select
        -1 as driver_key,
        -1 as driver_id,
        'Unknown' as employee_code,
        'Unknown' as full_name,
        'Unknown' as license_number,
        cast(null as date) as license_expiry,
        cast(null as varchar) as phone,
        cast(null as date) as hire_date,
        cast(null as integer) as experience_months,
        'Unknown' as status,
        cast(null as varchar) as performance_category,
        false as is_deleted,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current
)

select * from dim_driver
