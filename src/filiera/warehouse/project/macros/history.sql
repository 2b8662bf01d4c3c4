{#- History of a thing (SCD type 2), derived from every recording of it that was ever delivered.

    Because it is derived, not updated in place, it is the same whether the changes came in one batch or in many, in
    order or out of it. A version begins with the first recording that differs from the one before it in a tracked
    column, compared so that NULL equals NULL. Ranges are half open; the first version reaches back to the beginning of
    time, so that every event finds a version, and the last one to its end. A key that was deleted upstream has a
    version that says so, and may come back with another. Of several recordings of one moment one counts, chosen by what
    it says: not by the batch that brought it, nor by how an engine sorts texts and NULLs. -#}
{% macro history(recordings, key, tracked, changed_at, surrogate) %}
    {%- set compared = tracked + ['is_deleted'] -%}
    moments as (
        select *
        from (
            select
                *,
                row_number() over (
                    partition by {{ key }}, {{ changed_at }}
                    order by is_deleted desc, {{ surrogate_key(tracked) }} desc
                ) as moment_rank
            from {{ recordings }}
        ) as ranked
        where moment_rank = 1
    ),

    preceded as (
        select
            *,
            row_number() over (partition by {{ key }} order by {{ changed_at }}) as moment_number,
            {%- for column in compared %}
            lag({{ column }}) over (partition by {{ key }} order by {{ changed_at }}) as before_{{ loop.index }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from moments
    ),

    changes as (
        select *
        from preceded
        where
            moment_number = 1
            {%- for column in compared %}
            or {{ column }} is distinct from before_{{ loop.index }}
            {%- endfor %}
    ),

    versions as (
        select
            {{ surrogate_key([key, changed_at]) }} as {{ surrogate }},
            {{ key }},
            {%- for column in compared %}
            {{ column }},
            {%- endfor %}
            {{ changed_at }} as recorded_from,
            row_number() over (partition by {{ key }} order by {{ changed_at }}) as version,
            case
                when row_number() over (partition by {{ key }} order by {{ changed_at }}) = 1
                    then {{ beginning_of_time() }}
                else {{ changed_at }}
            end as valid_from,
            coalesce(
                lead({{ changed_at }}) over (partition by {{ key }} order by {{ changed_at }}), {{ end_of_time() }}
            ) as valid_to,
            lead({{ changed_at }}) over (partition by {{ key }} order by {{ changed_at }}) is null as is_current
        from changes
    )
{%- endmacro %}

{% macro beginning_of_time() -%} cast('1900-01-01 00:00:00' as timestamp) {%- endmacro %}

{% macro end_of_time() -%} cast('9999-12-31 00:00:00' as timestamp) {%- endmacro %}

{#- A whole number of 60 bits made of values, each tagged with its length so that ('a', 'bc') is not ('ab', 'c'). -#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(length(cast(" ~ column ~ " as varchar)) as varchar) || ':' || cast(" ~ column ~ " as varchar), '-')") -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('hash_number', 'filiera')(parts | join(" || '|' || "))) }}
{%- endmacro %}

{% macro default__hash_number(text) -%}
    cast(cast(('x' || lpad(substr(md5({{ text }}), 1, 15), 16, '0')) as bit(64)) as bigint)
{%- endmacro %}

{% macro duckdb__hash_number(text) -%}
    cast('0x' || substr(md5({{ text }}), 1, 15) as bigint)
{%- endmacro %}

{#- Snowflake's own TO_NUMBER of a hexadecimal text is unknown to its emulator, so the digits are added up. -#}
{% macro snowflake__hash_number(text) -%}
    cast(
        {%- for place in range(1, 16) %}
        (position(substr(md5({{ text }}), {{ place }}, 1) in '0123456789abcdef') - 1) * {{ 16 ** (15 - place) }}
        {{- ' +' if not loop.last }}
        {%- endfor %}
        as bigint)
{%- endmacro %}
