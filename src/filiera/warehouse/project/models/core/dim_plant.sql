{{ config(materialized='table', indexes=indexes(['plant'])) }}

with

lines as (select distinct plant from {{ ref('dim_line') }}),

sites as (select * from {{ ref('plants') }}),

dim_plant as (
    select
        '{{ var("enterprise") }}' as enterprise,
        lines.plant,
        sites.city,
        sites.country,
        coalesce(sites.time_zone, 'UTC') as time_zone
    from lines
    left join sites on lines.plant = sites.plant
)

select * from dim_plant
