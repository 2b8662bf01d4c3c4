{#- A ratio of two whole numbers as DECIMAL(9,6), rounded half up by whole-number arithmetic, so that every engine
    gives the same last digit. NULL where the denominator is zero or missing. -#}
{% macro ratio(numerator, denominator) -%}
    cast(
        case when {{ denominator }} > 0 then
            cast({{ whole_division('(2000000 * cast(' ~ numerator ~ ' as bigint) + ' ~ denominator ~ ')', '(2 * cast(' ~ denominator ~ ' as bigint))') }} as decimal(18, 0))
            * cast(0.000001 as decimal(7, 6))
        end as decimal(9, 6)
    )
{%- endmacro %}

{#- Whole-number division of non-negative numbers. -#}
{% macro whole_division(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_division', 'filiera')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_division(dividend, divisor) -%}
    ({{ dividend }} / {{ divisor }})
{%- endmacro %}

{% macro duckdb__whole_division(dividend, divisor) -%}
    ({{ dividend }} // {{ divisor }})
{%- endmacro %}

{#- Without what is left over, the quotient is whole, and no rounding of it can go wrong. -#}
{% macro snowflake__whole_division(dividend, divisor) -%}
    (({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }})
{%- endmacro %}

{#- A quotient of two whole numbers as DECIMAL(12,2), rounded half up the same way. -#}
{% macro quotient(dividend, divisor) -%}
    cast(
        case when {{ divisor }} > 0 then
            cast({{ whole_division('(200 * cast(' ~ dividend ~ ' as bigint) + ' ~ divisor ~ ')', '(2 * cast(' ~ divisor ~ ' as bigint))') }} as decimal(12, 0))
            * cast(0.01 as decimal(3, 2))
        end as decimal(12, 2)
    )
{%- endmacro %}
