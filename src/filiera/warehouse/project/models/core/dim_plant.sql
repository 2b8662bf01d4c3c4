{{ config(materialized='table', indexes=indexes(['plant'])) }}

with

lines as (select distinct plant from {{ ref('dim_line') }}),

sites as (select * from {{ ref('plants') }}),

parameters as (select * from {{ source('lake', 'parameters') }}),

dim_plant as (
    select
        parameters.enterprise,
        lines.plant,
        sites.city,
        sites.country,
        coalesce(sites.time_zone, 'UTC') as time_zone
    from lines
    cross join parameters
    left join sites on lines.plant = sites.plant
)

select * from dim_plant
