{{ config(materialized='table', indexes=indexes(['date'])) }}

with

parameters as (select * from {{ source('lake', 'parameters') }}),

holidays as (select * from {{ source('lake', 'holidays') }}),

bounds as (
    select
        min(first_day) as first_day,
        max(last_day) as last_day
    from parameters
),

calendar as (
    {{ days('(select first_day from bounds)', '(select last_day from bounds)') }}
),

dim_date as (
    select
        calendar.date,
        cast(extract(year from calendar.date) as integer) as year,
        cast(extract(quarter from calendar.date) as integer) as quarter,
        cast(extract(month from calendar.date) as integer) as month,
        {{ month_name('extract(month from calendar.date)') }} as month_name,
        cast({{ iso_year('calendar.date') }} as integer) as iso_year,
        cast({{ iso_week('calendar.date') }} as integer) as iso_week,
        cast({{ iso_weekday('calendar.date') }} as integer) as iso_weekday,
        {{ weekday_name(iso_weekday('calendar.date')) }} as weekday_name,
        cast(date_trunc('month', calendar.date) as date) as month_start_date,
        {{ iso_weekday('calendar.date') }} >= 6 as is_weekend,
        holidays.date is not null as is_holiday,
        holidays.holiday_name
    from calendar
    left join holidays on calendar.date = holidays.date
)

select * from dim_date
