-- What a run publishes, for the tests of the web app. The same each time: what looks random is a hash.

create schema core; create schema factory; create schema quality; create schema meta;

create table core.dim_plant as
select * from (values
    ('Alessandria', 'Pneumatici Nord', 'Alessandria', 'IT', 'Europe/Rome'),
    ('Bari', 'Pneumatici Nord', 'Bari', 'IT', 'Europe/Rome'),
    ('Cuneo', 'Pneumatici Nord', 'Cuneo', 'IT', 'Europe/Rome'),
    ('Torino', 'Pneumatici Nord', 'Torino', 'IT', 'Europe/Rome')
) as plants (plant, enterprise, city, country, time_zone);

create table core.dim_line as
select enterprise, plant, 'L' || n as line, enterprise || '/' || plant || '/L' || n as line_path
from core.dim_plant, range(1, 6) as lines (n);

create table core.dim_machine as
select enterprise, plant, line, 'M' || lpad((row_number() over (order by plant, line, n))::varchar, 3, '0') as machine_id,
    line_path || '/M' || n as machine_path
from core.dim_line, range(1, 7) as machines (n);

create table core.dim_date as
select day::date as date, year(day) as year, quarter(day) as quarter, month(day) as month, monthname(day) as month_name,
    isoyear(day) as iso_year, weekofyear(day) as iso_week, isodow(day) as iso_weekday, dayname(day) as weekday_name,
    isodow(day) >= 6 as is_weekend, false as is_holiday, null::varchar as holiday_name
from range($newest::date - 730, $newest::date + 1, interval 1 day) as days (day);

create table factory.mart_machine_daily as
with machine as (
    select *, row_number() over (order by machine_path) as n, dense_rank() over (order by plant) as p from core.dim_machine
),
drawn as (
    select d.date as production_date, m.*, d.iso_weekday,
        (hash(m.machine_id, d.date) % 1000) / 1000.0 as luck,
        (hash(d.date, m.machine_id, 'scrap') % 1000) / 1000.0 as bad_luck,
        1 + 0.12 * sin(2 * pi() * (dayofyear(d.date) - 80) / 365) as season,
        case when month(d.date) = 8 and day(d.date) between 8 and 22 then 0.15 else 1 end as summer,
        1 + 0.08 * (d.date - $newest::date) / 730.0 as growth
    from core.dim_date as d, machine as m
),
made as (
    select production_date, plant, line, machine_id, n, bad_luck,
        (case when iso_weekday = 7 and luck < 0.85 then 0 else
            (330 + 65 * p - 9 * right(line, 1)::int) * season * summer * growth
            * (case when iso_weekday = 6 then 0.6 else 1 end) * (0.88 + 0.24 * luck) end)::bigint as produced_qty
    from drawn
)
select production_date, plant, line, machine_id, produced_qty,
    least(produced_qty, round(produced_qty * (0.012 + 0.014 * bad_luck)
        * case n % 40 when 7 then 2.6 when 19 then 1.9 else 1 end))::bigint as scrap_qty,
    (scrap_qty / nullif(produced_qty, 0))::decimal(9, 6) as scrap_rate
from made;

create table factory.production_fact as
select production_date, plant, line, sum(produced_qty)::bigint as total_produced, sum(scrap_qty)::bigint as total_scrap,
    (sum(scrap_qty) / nullif(sum(produced_qty), 0))::decimal(9, 6) as scrap_rate,
    count(*)::integer as machines, $newest::date + interval '4 hours 12 minutes' as load_timestamp
from factory.mart_machine_daily
group by production_date, plant, line
order by production_date, plant, line;

create table factory.mart_production_daily as
select f.production_date, d.iso_year, d.iso_week, date_trunc('month', f.production_date)::date as month_start_date,
    d.weekday_name, d.is_weekend, d.is_holiday, f.plant, f.line, f.total_produced, f.total_scrap,
    f.total_produced - f.total_scrap as total_good, f.scrap_rate, f.load_timestamp
from factory.production_fact as f join core.dim_date as d on d.date = f.production_date
order by production_date, plant, line;

create table quality.batches as
select 'factory.production_raw' as dataset, lpad(to_hex(hash(n)), 16, '0') as batch_id,
    'production_' || ($newest::date - n::int)::varchar || '.csv' as source_name, 'admitted' as state,
    null::varchar as reason, 120::bigint as rows_in, 118::bigint as rows_accepted, 2::bigint as rows_rejected,
    ($newest::date - n::int) + interval '3 hours 55 minutes' as loaded_at, $newest::date - n::int as loaded_on
from range(60) as batches (n);
insert into quality.batches values
    ('factory.production_raw', 'aaaa', 'cuneo_2025-12-30.csv', 'held',
        'REJECTED_SHARE: 83 of 120 rows were rejected, more than the half that is allowed.', 120, 37, 83,
        $newest::date - interval '20 hours', $newest::date - 1),
    ('factory.production_raw', 'bbbb', 'bari_week_52.xlsx', 'refused',
        'NOT_TEXT: the file is not a text file in UTF-8.', null, null, null,
        $newest::date - interval '3 days', $newest::date - 3),
    ('factory.production_raw', 'cccc', 'old.csv', 'refused', 'EMPTY: the file has no rows.', 0, 0, 0,
        $newest::date - interval '200 days', $newest::date - 200),
    ('fleet.trips', 'dddd', 'trips.csv', 'held', 'Not of the factory.', 5, 5, 0, $newest::date, $newest::date);

create table quality.rejects_by_reason as
select 'factory.production_raw' as dataset, $newest::date - n::int as loaded_on, rule_id, description, dimension, outcome,
    1 + (hash(n, rule_id) % weight)::bigint as rows
from range(60) as days (n), (values
    ('SCRAP_GT_PRODUCTION', 'No more is scrapped than was produced.', 'consistency', 'reject', 9),
    ('NEGATIVE_VALUES', 'Produced and scrapped quantities are zero or more.', 'conformity', 'reject', 6),
    ('FUTURE_DATE', 'A production day is not after the day of the run.', 'timeliness', 'reject', 4),
    ('DUPLICATE_KEY', 'A machine''s day is recorded once at a time.', 'uniqueness', 'reject', 3),
    ('SLOW_MACHINE', 'A machine makes at least ten pieces on a day it runs.', 'accuracy', 'flag', 5)
) as rules (rule_id, description, dimension, outcome, weight);

create table quality.rejected_rows as
select 'factory.production_raw' as dataset, lpad(to_hex(hash(n // 2)), 16, '0') as batch_id,
    'production_' || ($newest::date - (n // 2)::int)::varchar || '.csv' as source_name, 2 + hash(n) % 118 as line_number,
    true as is_line,
    case n % 4 when 0 then ['SCRAP_GT_PRODUCTION'] when 1 then ['NEGATIVE_VALUES', 'FUTURE_DATE']
        when 2 then ['FUTURE_DATE'] else ['DUPLICATE_KEY'] end as reasons,
    json_object('plant', ['Torino', 'Bari', 'Cuneo'][1 + n % 3], 'line', 'L' || (1 + n % 5), 'machine_id',
        'M' || lpad((1 + n % 120)::varchar, 3, '0'), 'production_date', case when n % 4 in (1, 2) then '2031-01-07'
        else ($newest::date - (n // 2)::int)::varchar end, 'produced_qty', case n % 4 when 1 then '-40' else '512' end,
        'scrap_qty', case n % 4 when 0 then '900' else '11' end,
        'created_at', case when n % 9 = 0 then null else '2025-12-31 03:50:00' end)::varchar as original,
    ($newest::date - (n // 2)::int) + interval '3 hours 55 minutes' as loaded_at
from range(120) as rows (n);
alter table quality.rejected_rows alter line_number type bigint;

create table quality.scores as
select 'factory.production_raw' as dataset, dimension, 97 + (hash(n, dimension) % 300) / 100.0 as score,
    $newest::date - n::int as measured_on
from range(60) as days (n), unnest(['overall', 'conformity', 'consistency', 'timeliness', 'uniqueness']) as d (dimension);

create table meta.published as
select 'run-' || $number as run_id, $newest::date as logical_date,
    $newest::date + interval '4 hours 15 minutes' as published_at, 'duckdb' as warehouse, '0.1.0' as version;
