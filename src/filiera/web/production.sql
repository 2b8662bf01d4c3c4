-- Production grouped as asked. One row per group of the page, each with the count of all groups; a page without any
-- group is one row whose measures are NULL.
with production as (

    select production_date, plant, line, null as machine_id, total_produced as produced, total_scrap as scrap
    from factory.mart_production_daily
    where $group_by <> 'machine'

    union all

    select production_date, plant, line, machine_id, produced_qty, scrap_qty
    from factory.mart_machine_daily
    where $group_by = 'machine'

),

grouped as (

    select
        case $group_by
            when 'day' then production_date
            when 'week' then date_trunc('week', production_date)::date
            when 'month' then date_trunc('month', production_date)::date
        end as period_start,
        case when $group_by in ('plant', 'line', 'machine') then plant end as plant,
        case when $group_by in ('line', 'machine') then line end as line,
        case when $group_by = 'machine' then machine_id end as machine_id,
        sum(produced)::bigint as produced,
        sum(scrap)::bigint as scrap
    from production
    where
        production_date between coalesce($first, production_date) and coalesce($last, production_date)
        and (len($plants::varchar[]) = 0 or list_contains($plants::varchar[], plant))
        and (len($lines::varchar[]) = 0 or list_contains($lines::varchar[], line))
    group by all

),

page as (

    select * from grouped
    order by period_start, plant, line, machine_id
    limit $limit offset $offset

)

select
    counted.total,
    page.*,
    page.produced - page.scrap as good,
    round(page.scrap / nullif(page.produced, 0), 6) as scrap_rate
from (select count(*) as total from grouped) as counted
left join page on true
order by period_start, plant, line, machine_id
