{#- The share of a row in a quantity of its group, in whole hundredths, so that the shares sum to the quantity exactly:
    everyone gets the same whole part, and the first rows one hundredth more until nothing is left. -#}
{% macro allocated(quantity, place, members) -%}
    {%- set hundredths = "cast(round(" ~ quantity ~ " * 100) as bigint)" -%}
    cast(
        (
            {{ whole_division(hundredths, members) }}
            + case
                when {{ place }} <= {{ hundredths }} - {{ members }} * {{ whole_division(hundredths, members) }} then 1
                else 0
            end
        ) * cast(0.01 as decimal(3, 2)) as decimal(12, 2)
    )
{%- endmacro %}
