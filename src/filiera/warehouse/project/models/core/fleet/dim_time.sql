{{ config(materialized='table', indexes=indexes(['time_key'])) }}

with

minutes as (
    {{ minutes_of_a_day() }}
),

dim_time as (
    select
        hour * 60 + minute as time_key,
        hour,
        minute,
        0 as second,
        case
            when hour < 6 then 'Madrugada'
            when hour < 12 then 'Mañana'
            when hour < 18 then 'Tarde'
            else 'Noche'
        end as time_of_day,
        right('0' || cast(hour as varchar), 2) || ':' || right('0' || cast(minute as varchar), 2) as hour_24,
        right('0' || cast(case when hour in (0, 12) then 12 when hour > 12 then hour - 12 else hour end as varchar), 2)
        || ':' || right('0' || cast(minute as varchar), 2) || case when hour < 12 then ' AM' else ' PM' end as hour_12,
        case when hour < 12 then 'AM' else 'PM' end as am_pm,
        hour between 8 and 17 as is_business_hour,
        case
            when hour between 6 and 13 then 'Turno 1'
            when hour between 14 and 21 then 'Turno 2'
            else 'Turno 3'
        end as shift
    from minutes
    union all
    select
        -1 as time_key,
        null as hour,
        null as minute,
        null as second,
        'Desconocido' as time_of_day,
        null as hour_24,
        null as hour_12,
        null as am_pm,
        null as is_business_hour,
        null as shift
)

select * from dim_time
