with

production as (select * from {{ ref('production_fact') }}),

calendar as (select * from {{ ref('dim_date') }}),

mart_production_daily as (
    select
        production.production_date,
        calendar.iso_year,
        calendar.iso_week,
        calendar.month_start_date,
        calendar.weekday_name,
        calendar.is_weekend,
        calendar.is_holiday,
        production.plant,
        production.line,
        production.total_produced,
        production.total_scrap,
        production.total_produced - production.total_scrap as total_good,
        production.scrap_rate,
        production.load_timestamp
    from production
    inner join calendar on production.production_date = calendar.date
)

select * from mart_production_daily
