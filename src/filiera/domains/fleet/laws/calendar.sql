-- How much there is to carry in each hour from since() to present(): December most, Sunday least, morning and
-- afternoon more than night. An ordinary working day weighs 11,600.
CREATE TABLE hours AS
WITH months AS (
    SELECT *
    FROM (
        VALUES
        (1, 86), (2, 92), (3, 97), (4, 96), (5, 101), (6, 102), (7, 97),
        (8, 99), (9, 101), (10, 104), (11, 112), (12, 128)
    ) AS t (month, load)
),

moments AS (
    SELECT
        begins,
        strftime(begins, '%m-%d') AS month_day
    FROM range(since(), present(), INTERVAL 1 HOUR) AS t (begins)
),

weighted AS (
    SELECT
        begins,
        (
            load
            * CASE isodow(begins) WHEN 7 THEN 0.42 WHEN 6 THEN 0.80 WHEN 1 THEN 1.06 WHEN 5 THEN 1.08 ELSE 1.00 END
            * CASE
                WHEN month_day IN ('01-01', '05-01', '07-20', '08-07', '12-08', '12-25') THEN 0.3
                WHEN month_day BETWEEN '12-10' AND '12-23' THEN 1.15
                ELSE 1.0
            END
        )::INTEGER
        * CASE
            WHEN hour(begins) BETWEEN 8 AND 11 THEN 8
            WHEN hour(begins) BETWEEN 14 AND 17 THEN 7
            WHEN hour(begins) BETWEEN 6 AND 19 THEN 6
            ELSE 2
        END AS weight
    FROM moments
    INNER JOIN months ON months.month = month(begins)
)

SELECT
    begins,
    weight,
    (sum(weight) OVER (ORDER BY begins) - weight)::BIGINT AS before
FROM weighted;

-- The moment before which the given part of all weight lies.
CREATE MACRO moment_in(begins, weight, rest) AS begins + to_minutes(60 * rest // weight);
