with

machine_days as (select * from {{ ref('machine_production_fact') }}),

mart_machine_daily as (
    select
        production_date,
        plant,
        line,
        machine_id,
        produced_qty,
        scrap_qty,
        {{ ratio('scrap_qty', 'produced_qty') }} as scrap_rate,
        recorded_at,
        _seq,
        _row
    from machine_days
)

select * from mart_machine_daily
