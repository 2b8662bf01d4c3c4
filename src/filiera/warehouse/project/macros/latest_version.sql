{#- Rows of a relation, one per key: the latest recording, and among those of one moment the latest delivered. Within one
    delivery the source's own serial number decides, where it has one, and else the row that stands further down. -#}
{% macro latest_version(relation, key, version, serial=none) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by
                    {{ version }} desc, _seq desc,{% if serial %} {{ serial }} desc nulls last,{% endif %} _row desc
            ) as _version_rank
        from {{ relation }}
    ) as ranked
    where _version_rank = 1
{%- endmacro %}
