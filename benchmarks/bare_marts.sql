-- What a full build of the factory's models amounts to, by hand: latest recording, facts, dimensions, marts; and what is
-- published, in a second file.
CREATE TABLE machine_production_fact AS
SELECT production_date, plant, line, machine_id, produced_qty, scrap_qty, created_at, _loaded_at, _seq, _row
FROM (
    SELECT
        *,
        file_row_number AS _row,
        row_number() OVER (
            PARTITION BY plant, line, machine_id, production_date ORDER BY created_at DESC, _seq DESC, file_row_number DESC
        ) AS place
    FROM read_parquet('${lake}', file_row_number = true)
    WHERE _failed = 0
)
WHERE place = 1;

CREATE TABLE production_fact AS
SELECT
    production_date,
    plant,
    line,
    sum(produced_qty) AS total_produced,
    sum(scrap_qty) AS total_scrap,
    sum(scrap_qty) / nullif(sum(produced_qty), 0) AS scrap_rate,
    count(*) AS machines,
    max(_loaded_at) AS load_timestamp
FROM machine_production_fact
GROUP BY production_date, plant, line;

CREATE TABLE dim_machine AS SELECT DISTINCT plant, line, machine_id FROM machine_production_fact;

ATTACH '${serving}' AS serving;
CREATE TABLE serving.mart_machine_daily AS SELECT *, scrap_qty / nullif(produced_qty, 0) AS scrap_rate FROM machine_production_fact;
CREATE TABLE serving.mart_production_daily AS SELECT *, weekday(production_date) AS weekday FROM production_fact;
CREATE TABLE serving.production_fact AS SELECT * FROM production_fact ORDER BY production_date, plant, line;
DETACH serving;
