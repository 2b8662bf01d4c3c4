{#- From when on events of a key may belong to another version, for keys with new recordings. -#}
{% macro affected_from(thing) -%}
    {%- set new = ref('stg_fleet__' ~ thing ~ 's__new') -%}
    {%- set history = ref(thing ~ '_history') -%}
    select
        history.{{ thing }}_id,
        min(history.valid_from) as affected_from
    from {{ history }} as history
    inner join (
        select {{ thing }}_id, min(recorded_at) as first_change
        from {{ new }}
        group by {{ thing }}_id
    ) as changed
        on
            history.{{ thing }}_id = changed.{{ thing }}_id
            and history.valid_to > changed.first_change
    group by history.{{ thing }}_id
{%- endmacro %}
