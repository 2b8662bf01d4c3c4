-- Who is delivered to: half of them were customers before the two years, the others came one by one. The first fifteen
-- see to it that each city has an old customer of each type. Of companies and offices some have many orders.
CREATE TABLE customers AS
WITH came AS (
    SELECT
        number AS customer_id,
        throw('customer/' || number) AS a,
        throw('order book/' || number) AS b,
        since()::DATE - 800 AS opened,
        opened + floor((as_of() - opened) * (number - 1 + draw(a, 0)) / customers())::INTEGER
        + to_seconds(28800 + draw_up_to(32400, a, 1)) AS created_at,
        CASE
            WHEN number <= 15 THEN ['Individual', 'Empresa', 'Gobierno'][1 + (number - 1) // 5]
            WHEN draw(a, 2) < 0.45 THEN 'Individual'
            WHEN draw(a, 2) < 0.90 THEN 'Empresa'
            ELSE 'Gobierno'
        END AS customer_type,
        CASE
            WHEN number <= 15 THEN (SELECT list(city ORDER BY city_no) FROM cities)[1 + (number - 1) % 5]
            ELSE
                pick(
                    (SELECT list(city ORDER BY city_no) FROM cities, range(1, 9) AS times (time) WHERE time <= demand),
                    draw(a, 3)
                )
        END AS city
    FROM range(1, customers() + 1) AS t (number)
)

SELECT
    customer_id::INTEGER AS customer_id,
    CASE customer_type
        WHEN 'Individual' THEN person_name
        WHEN 'Empresa' THEN company_name
        ELSE
            pick(
                [
                    'Alcaldía de ', 'Hospital Público de ', 'Secretaría de Educación de ', 'Secretaría de Salud de ',
                    'Biblioteca Pública de ', 'Empresa de Acueducto de ', 'Juzgado Municipal de ',
                    'Colegio Distrital de '
                ],
                draw(b, 0)
            ) || city || ' – Sede ' || customer_id
    END AS customer_name,
    customer_type,
    city,
    street_address(b) AS address,
    phone_number(a) AS phone,
    CASE WHEN customer_type != 'Individual' OR draw(b, 1) < 0.6 THEN 'pedidos' || customer_id || '@example.com' END
        AS email,
    created_at,
    -- One in six has told of a change since.
    CASE
        WHEN draw(b, 2) < 0.16
            THEN created_at + to_seconds(floor(date_diff('second', created_at, present()) * draw(a, 1))::BIGINT)
        ELSE created_at
    END AS updated_at
FROM came
INNER JOIN customer_names USING (customer_id)
ORDER BY customer_id;
