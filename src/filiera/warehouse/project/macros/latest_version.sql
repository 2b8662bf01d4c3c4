{#- Rows of a relation, one per key: the latest recording, and among those of one moment the latest delivered. Within one
    delivery the source's own serial number decides, where it has one, and else the row that stands further down. -#}
{% macro latest_version(relation, key, version, serial=none) -%}
    {{ return(adapter.dispatch('latest_version', 'filiera')(relation, key, version, serial)) }}
{%- endmacro %}

{% macro default__latest_version(relation, key, version, serial) -%}
    select *
    from ({{ ranked_versions(relation, key, version, serial) }}) as ranked
    where _version_rank = 1
{%- endmacro %}

{#- Most keys are recorded once. DuckDB finds these by the hash of the key in a third of the time that ranking takes, and
    the others, with a few whose hash is another's by chance, are ranked. -#}
{% macro duckdb__latest_version(relation, key, version, serial) -%}
    with

    hashed as not materialized (select *, hash({{ key | join(', ') }}) as _key_hash from {{ relation }}),

    repeated as materialized (select _key_hash from hashed group by _key_hash having count(*) > 1),

    several as not materialized (select hashed.* from hashed semi join repeated on hashed._key_hash = repeated._key_hash)

    select hashed.*, 1 as _version_rank from hashed anti join repeated on hashed._key_hash = repeated._key_hash
    union all
    select * from ({{ ranked_versions('several', key, version, serial) }}) as ranked where _version_rank = 1
{%- endmacro %}

{% macro ranked_versions(relation, key, version, serial) -%}
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            order by {{ version }} desc, _seq desc,{% if serial %} {{ serial }} desc nulls last,{% endif %} _row desc
        ) as _version_rank
    from {{ relation }}
{%- endmacro %}
