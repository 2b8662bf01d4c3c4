{{ config(materialized='view') }}

with

calendar as (select * from {{ ref('dim_date') }}),

fleet_dim_date as (
    select
        cast(year * 10000 + month * 100 + extract(day from date) as integer) as date_key,
        date as full_date,
        iso_weekday as day_of_week,
        weekday_name as day_name,
        cast(extract(day from date) as integer) as day_of_month,
        cast(extract(doy from date) as integer) as day_of_year,
        iso_week as week_of_year,
        month as month_num,
        month_name,
        quarter,
        year,
        is_weekend,
        is_holiday,
        holiday_name,
        quarter as fiscal_quarter,
        year as fiscal_year
    from calendar
)

select * from fleet_dim_date
