{#- After a view is made, in the transaction that makes it: its conditions are judged before anything a reader adds, and
    its reader may read it. The role of a reader is named by the variable `reader_roles`; where the role is missing and
    could not be made, nobody is granted anything. Engines without roles get the view alone. -#}
{% macro secure_view(reader) -%}
    {{ return(adapter.dispatch('secure_view', 'filiera')(reader)) }}
{%- endmacro %}

{% macro default__secure_view(reader) -%}{%- endmacro %}

{% macro postgres__secure_view(reader) -%}
    {%- set role = var('reader_roles')[reader] -%}
    alter view {{ this }} set (security_barrier = true);
    {%- if role_exists(role) %}
    grant usage on schema {{ adapter.quote(this.schema) }} to {{ adapter.quote(role) }};
    grant select on {{ this }} to {{ adapter.quote(role) }};
    {%- endif %}
{%- endmacro %}

{% macro role_exists(role) -%}
    {%- if execute -%}
        {%- set found = run_query("select 1 from pg_roles where rolname = '" ~ role | replace("'", "''") ~ "'") -%}
        {{ return(found | length > 0) }}
    {%- endif -%}
    {{ return(false) }}
{%- endmacro %}

{#- Of all that is built here, the role of a reader can read this view and nothing else, by whatever grant. For PostgreSQL
    alone. -#}
{% test is_all_that_is_readable(model, reader) %}
    {%- set schemas = ['lake', 'filiera'] -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type in ('model', 'seed') -%}
        {%- do schemas.append(node.schema) -%}
    {%- endfor -%}
    select relations.oid::regclass::text as readable
    from pg_class as relations
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    inner join pg_roles as roles on roles.rolname = '{{ var("reader_roles")[reader] | replace("'", "''") }}'
    where
        relations.relkind in ('r', 'p', 'v', 'm', 'f')
        and schemas.nspname in ({% for name in schemas | unique %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
        and relations.oid <> '{{ model }}'::regclass
        and has_any_column_privilege(roles.oid, relations.oid, 'SELECT')
{% endtest %}
