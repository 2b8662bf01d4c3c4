-- What the plants record about the production days from $first_day to $as_of, as far as they record it from
-- $since to the end of $as_of: one row per recording, in the order of recording.
--
-- Nothing is random: every draw is sixteen bits of the MD5 of seed, machine and day, so that a machine's day
-- has the same numbers whatever the version, the threads, the window or the moment. Only the story of the two
-- years (a machine that wears out, a bad fortnight) hangs on $as_of.
CREATE TEMP TABLE recorded AS
WITH plants AS (
    SELECT *
    FROM (
        VALUES
        (0, 'Torino', 1.00, 0.0, '08-10', '08-23'),
        (1, 'Settimo', 0.92, 0.5, '08-10', '08-23'),
        (2, 'Cuneo', 1.06, 0.0, '08-03', '08-16'),
        (3, 'Melfi', 1.14, 0.5, '08-12', '08-25')
    ) AS t (plant_no, plant, scrap_factor, sunday_share, holiday_from, holiday_to)
),

-- Winter tyres are made until autumn, summer tyres until spring.
months AS (
    SELECT *
    FROM (
        VALUES
        (1, 0.90), (2, 0.97), (3, 1.06), (4, 1.08), (5, 1.02), (6, 0.97),
        (7, 0.93), (8, 0.84), (9, 1.03), (10, 1.10), (11, 1.07), (12, 0.90)
    ) AS t (month, load)
),

machines AS (
    SELECT
        plant,
        scrap_factor,
        plant_no * 5 + line AS line_no,
        slot,
        'L' || line AS line,
        format('M{:03d}', (plant_no * 5 + line - 1) * $machines + slot) AS machine_id,
        plant_no,
        md5(concat_ws('/', $seed, line_no, slot)) AS digest,
        750 + 550 * draw(digest, 0) AS capacity,
        0.013 + 0.012 * draw(digest, 1) AS scrap_share,
        floor(5400 * draw(digest, 2))::INTEGER AS record_second,
        CASE WHEN slot = 1 AND line_no IN (4, 9, 17) THEN 2.2 ELSE 1.0 END AS weakness,
        slot = 1 AND line_no = 12 AS wears_out,
        line_no = 7 AS has_bad_fortnight
    FROM plants, range(1, 6) AS lines (line), range(1, $machines + 1) AS slots (slot)
),

-- Which share of a plant's machines runs on a day, and how hard.
plant_days AS (
    SELECT
        plant_no,
        day,
        CASE
            WHEN month_day IN ('01-01', '01-06', '04-25', '05-01', '06-02') THEN 0.0
            WHEN month_day IN ('08-15', '11-01', '12-08', '12-25', '12-26') THEN 0.0
            WHEN month_day >= '12-23' OR month_day <= '01-05' THEN 0.15
            WHEN month_day BETWEEN holiday_from AND holiday_to THEN 0.25
            WHEN isodow(day) = 7 THEN sunday_share
            WHEN isodow(day) = 6 THEN 0.9
            ELSE 1.0
        END AS share,
        CASE
            WHEN month_day >= '12-23' OR month_day <= '01-05' THEN 0.45
            WHEN month_day BETWEEN holiday_from AND holiday_to THEN 0.5
            WHEN isodow(day) = 7 THEN 0.6
            WHEN isodow(day) = 6 THEN 0.75
            WHEN isodow(day) = 1 THEN 0.97 * load
            ELSE load
        END AS load
    FROM plants
    CROSS JOIN (
        SELECT
            midnight::DATE AS day,
            strftime(midnight, '%m-%d') AS month_day
        FROM range($first_day::TIMESTAMP, $as_of::TIMESTAMP + INTERVAL 1 DAY, INTERVAL 1 DAY) AS t (midnight)
    )
    INNER JOIN months ON months.month = month(day)
),

drawn AS (
    SELECT
        machines.*,
        day,
        load,
        share,
        md5(concat_ws('/', $seed, line_no, slot, day)) AS a,
        md5(concat_ws('/', $seed, line_no, slot, day, 'b')) AS b,
        md5(concat_ws('/', $seed, line_no, 'week', date_trunc('week', day)::DATE)) AS line_week,
        -- Parts per million: 16 kinds of defect with 600 each, then 2 % late and 2 % corrected.
        floor(1000000 * (draw(a, 0) + draw(a, 1) / 65536))::INTEGER AS fate
    FROM plant_days
    INNER JOIN machines USING (plant_no)
),

made AS (
    SELECT
        *,
        has_bad_fortnight AND day BETWEEN $as_of::DATE - 80 AND $as_of::DATE - 67 AS is_bad_day,
        CASE WHEN wears_out THEN 1 + 1.5 * (730 - ($as_of::DATE - day)) / 730 ELSE 1.0 END AS wear,
        -- A machine that stands still records zero: on closed days, and one in 250 on any other.
        CASE WHEN draw(a, 2) >= share OR draw(a, 3) < 0.004 THEN 0.0 ELSE capacity * load END
        * (0.96 + 0.06 * draw(line_week, 0)) * (0.93 + 0.07 * (draw(a, 4) + draw(a, 5)))
        * CASE WHEN is_bad_day THEN 0.85 ELSE 1.0 END AS planned,
        round(planned)::INTEGER AS produced,
        round(
            planned * scrap_share * scrap_factor * weakness * wear
            * (0.85 + 0.3 * draw(line_week, 1)) * (0.75 + 0.5 * draw(a, 6))
            * CASE WHEN is_bad_day THEN 2.6 ELSE 1.0 END
        )::INTEGER AS scrap,
        day + to_seconds(73800 + record_second + floor(3600 * draw(b, 0))) AS this_evening,
        day + to_days(1 + floor(5 * draw(b, 1))::INTEGER) + to_seconds(21600 + floor(28800 * draw(b, 2)))
            AS another_morning
    FROM drawn
),

fated AS (
    SELECT
        *,
        CASE
            WHEN fate < 9600
                THEN
                    [
                        'negative_produced', 'negative_scrap', 'scrap_above_production', 'future_date',
                        'null_plant', 'null_line', 'null_machine_id', 'null_production_date',
                        'null_produced_qty', 'null_scrap_qty', 'null_created_at',
                        'empty_plant', 'empty_line', 'empty_machine_id', 'several_defects', 'duplicate'
                    ][1 + fate // 600]
            WHEN fate < 29600 THEN 'late'
            WHEN fate < 49600 AND produced > 0 THEN 'correction'
            ELSE 'regular'
        END AS kind
    FROM made
),

-- A duplicate and a correction come beside the regular row, every other kind in its place.
recordings AS (
    SELECT
        * REPLACE (CASE WHEN kind IN ('duplicate', 'correction') THEN 'regular' ELSE kind END AS kind),
        0 AS variant,
        CASE WHEN kind = 'late' THEN another_morning ELSE this_evening END AS recorded_at
    FROM fated
    UNION ALL
    SELECT
        *,
        1 AS variant,
        this_evening AS recorded_at
    FROM fated
    WHERE kind = 'duplicate'
    UNION ALL
    SELECT
        * REPLACE (
            produced + 7 + floor(60 * draw(b, 3))::INTEGER AS produced,
            scrap + floor(7 * draw(b, 4))::INTEGER AS scrap
        ),
        2 AS variant,
        another_morning AS recorded_at
    FROM fated
    WHERE kind = 'correction'
)

SELECT
    kind,
    CASE
        WHEN kind = 'null_plant' THEN NULL
        WHEN kind IN ('empty_plant', 'several_defects') THEN ''
        ELSE plant
    END AS plant,
    CASE kind WHEN 'null_line' THEN NULL WHEN 'empty_line' THEN '' ELSE line END AS line,
    CASE kind
        WHEN 'null_machine_id' THEN NULL
        WHEN 'empty_machine_id' THEN ''
        ELSE machine_id
    END AS machine_id,
    CASE
        WHEN kind = 'null_production_date' THEN NULL
        WHEN kind NOT IN ('future_date', 'several_defects') THEN day
        WHEN draw(b, 5) < 0.125 THEN DATE '9999-12-31'
        ELSE (day + INTERVAL 10 YEAR)::DATE
    END AS production_date,
    CASE
        WHEN kind = 'null_produced_qty' THEN NULL
        WHEN kind IN ('negative_produced', 'several_defects') THEN least(-produced, -1)
        ELSE produced
    END AS produced_qty,
    CASE kind
        WHEN 'null_scrap_qty' THEN NULL
        WHEN 'negative_scrap' THEN least(-scrap, -1)
        WHEN 'scrap_above_production' THEN produced + 1 + scrap
        ELSE scrap
    END AS scrap_qty,
    CASE WHEN kind != 'null_created_at' THEN recorded_at END AS created_at
FROM recordings
WHERE recorded_at >= $since::TIMESTAMP AND recorded_at < $as_of::TIMESTAMP + INTERVAL 1 DAY
ORDER BY recorded_at, line_no, slot, day, variant
