{#- Every day from one date to another. -#}
{% macro days(first_day, last_day) -%}
    {{ return(adapter.dispatch('days', 'filiera')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days(first_day, last_day) -%}
    select cast(day_at as date) as date
    from generate_series(cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1 day') as days (day_at)
{%- endmacro %}

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
