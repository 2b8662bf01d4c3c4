{#- A moment in UTC as the clocks of a time zone showed it. -#}
{% macro local_time(moment, zone) -%}
    {{ return(adapter.dispatch('local_time', 'filiera')(moment, zone)) }}
{%- endmacro %}

{% macro default__local_time(moment, zone) -%}
    (({{ moment }} at time zone 'UTC') at time zone '{{ zone }}')
{%- endmacro %}

{% macro snowflake__local_time(moment, zone) -%}
    convert_timezone('UTC', '{{ zone }}', {{ moment }})
{%- endmacro %}

{#- Whole minutes from one moment to another, rounded down. -#}
{% macro minutes_between(earlier, later) -%}
    {{ return(adapter.dispatch('minutes_between', 'filiera')(earlier, later)) }}
{%- endmacro %}

{% macro default__minutes_between(earlier, later) -%}
    cast(floor(extract(epoch from ({{ later }} - {{ earlier }})) / 60) as integer)
{%- endmacro %}

{% macro snowflake__minutes_between(earlier, later) -%}
    cast(floor(datediff('second', {{ earlier }}, {{ later }}) / 60) as integer)
{%- endmacro %}

{#- Key of a day, YYYYMMDD, and of a minute of the day, from a local time. -#}
{% macro date_key(local) -%}
    cast(extract(year from {{ local }}) * 10000 + extract(month from {{ local }}) * 100 + extract(day from {{ local }}) as integer)
{%- endmacro %}

{% macro time_key(local) -%}
    cast(extract(hour from {{ local }}) * 60 + extract(minute from {{ local }}) as integer)
{%- endmacro %}

{#- The time of day of a moment, as 17:05. -#}
{% macro clock_time(local) -%}
    right('0' || cast(cast(extract(hour from {{ local }}) as integer) as varchar), 2) || ':'
    || right('0' || cast(cast(extract(minute from {{ local }}) as integer) as varchar), 2)
{%- endmacro %}
