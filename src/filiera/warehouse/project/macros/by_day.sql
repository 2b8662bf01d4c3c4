{#- A mart of deliveries by day counts anew, in an increment, the days that a change reaches. They are first forgotten,
    because nothing may be left of one: its deliveries may be gone, or promised for another day. -#}
{% macro forget_touched_days() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where scheduled_date in (select scheduled_date from {{ ref('touched_days') }})
    {%- endif -%}
{%- endmacro %}

{#- The deliveries to count. -#}
{% macro deliveries_to_count() -%}
    {%- set touched_days = ref('touched_days') -%}
    select * from {{ ref('fact_deliveries') }}
    {%- if is_incremental() %}
    where date_key in (select touched_days.date_key from {{ touched_days }} as touched_days)
    {%- endif %}
{%- endmacro %}
