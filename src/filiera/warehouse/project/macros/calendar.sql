{#- Every day from one date to another. -#}
{% macro days(first_day, last_day) -%}
    {{ return(adapter.dispatch('days', 'filiera')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days(first_day, last_day) -%}
    select cast(day_at as date) as date
    from generate_series(cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1 day') as days (day_at)
{%- endmacro %}

{% macro snowflake__days(first_day, last_day) -%}
    select cast(dateadd('day', numbers.number, {{ first_day }}) as date) as date
    from (
        select row_number() over (order by seq4()) - 1 as number
        from table(generator(rowcount => 400000))
    ) as numbers
    where dateadd('day', numbers.number, {{ first_day }}) <= {{ last_day }}
{%- endmacro %}

{#- The minutes of a day, by hour and minute. -#}
{% macro minutes_of_a_day() -%}
    {{ return(adapter.dispatch('minutes_of_a_day', 'filiera')()) }}
{%- endmacro %}

{% macro default__minutes_of_a_day() -%}
    select cast(extract(hour from minute_at) as integer) as hour, cast(extract(minute from minute_at) as integer) as minute
    from generate_series(
        cast('2000-01-01 00:00:00' as timestamp), cast('2000-01-01 23:59:00' as timestamp), interval '1 minute'
    ) as day (minute_at)
{%- endmacro %}

{% macro snowflake__minutes_of_a_day() -%}
    select cast((number - mod(number, 60)) / 60 as integer) as hour, cast(mod(number, 60) as integer) as minute
    from (
        select row_number() over (order by seq4()) - 1 as number
        from table(generator(rowcount => 1440))
    ) as numbers
{%- endmacro %}

{#- Weekday of a day, 1 Monday to 7 Sunday, its ISO year, and its place in the year. -#}
{% macro iso_weekday(day) -%} {{ return(adapter.dispatch('iso_weekday', 'filiera')(day)) }} {%- endmacro %}

{% macro default__iso_weekday(day) -%} extract(isodow from {{ day }}) {%- endmacro %}

{% macro snowflake__iso_weekday(day) -%} dayofweekiso({{ day }}) {%- endmacro %}

{% macro iso_year(day) -%} {{ return(adapter.dispatch('iso_year', 'filiera')(day)) }} {%- endmacro %}

{% macro default__iso_year(day) -%} extract(isoyear from {{ day }}) {%- endmacro %}

{% macro snowflake__iso_year(day) -%} yearofweekiso({{ day }}) {%- endmacro %}

{% macro iso_week(day) -%} {{ return(adapter.dispatch('iso_week', 'filiera')(day)) }} {%- endmacro %}

{% macro default__iso_week(day) -%} extract(week from {{ day }}) {%- endmacro %}

{% macro snowflake__iso_week(day) -%} weekiso({{ day }}) {%- endmacro %}

{#- English names, the same on every engine whatever its locale. -#}
{% macro month_name(month) -%}
    case {{ month }}
        {%- for name in ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro weekday_name(iso_weekday) -%}
    case {{ iso_weekday }}
        {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}
