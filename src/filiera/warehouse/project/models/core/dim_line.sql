{{ config(materialized='table', indexes=indexes(['plant', 'line'])) }}

with

machines as (select * from {{ ref('dim_machine') }}),

dim_line as (
    select
        enterprise,
        plant,
        line,
        enterprise || '/' || plant || '/' || line as line_path
    from machines
    group by enterprise, plant, line
)

select * from dim_line
