with

versions as (select * from {{ ref('route_history') }}),

today as (select max(logical_date) as day from {{ source('lake', 'parameters') }}),

known as (
    select
        versions.route_key,
        versions.route_id,
        versions.route_code,
        versions.origin_city,
        versions.destination_city,
        versions.distance_km,
        versions.estimated_duration_hours,
        versions.toll_cost,
        case
            when versions.distance_km < {{ var('route_easy_km') }} then 'Fácil'
            when versions.distance_km < {{ var('route_hard_km') }} then 'Medio'
            else 'Difícil'
        end as difficulty_level,
        case
            when versions.origin_city = versions.destination_city then 'Urbana'
            when versions.distance_km < {{ var('route_rural_km') }} then 'Rural'
            else 'Interurbana'
        end as route_type,
        versions.is_deleted,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from versions
    cross join today
),

dim_route as (
    select * from known
    union all
    select
        -1 as route_key,
        -1 as route_id,
        'Unknown' as route_code,
        'Unknown' as origin_city,
        'Unknown' as destination_city,
        cast(null as decimal(10, 2)) as distance_km,
        cast(null as decimal(5, 2)) as estimated_duration_hours,
        cast(null as decimal(10, 2)) as toll_cost,
        cast(null as varchar) as difficulty_level,
        cast(null as varchar) as route_type,
        false as is_deleted,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to,
        true as is_current
)

select * from dim_route
