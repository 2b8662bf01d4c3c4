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
    select -1, -1, 'Unknown', 'Unknown', 'Unknown', cast(null as decimal(10, 2)), cast(null as decimal(5, 2)), cast(null as decimal(10, 2)), cast(null as varchar), cast(null as varchar), false, {{ beginning_of_time() }}, {{ end_of_time() }}, true
)

select * from dim_route
