{#- Rows of a relation, one per key: the latest recording, and among equal ones the latest delivered. -#}
{% macro latest_version(relation, key, version) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by {{ version }} desc, _seq desc, _row desc
            ) as _version_rank
        from {{ relation }}
    ) as ranked
    where _version_rank = 1
{%- endmacro %}
