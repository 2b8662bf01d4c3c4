{#- Indexes for engines that keep them well. DuckDB gets none: its indexes are held in memory, slow every load and
    have been damaged by crashes; the grain is enforced there by tests before publication and by the published file. -#}
{% macro indexes(grain, others=[]) -%}
    {%- if target.type != 'postgres' -%}{{ return([]) }}{%- endif -%}
    {%- set found = [{'columns': grain, 'unique': true}] -%}
    {%- for columns in others -%}{%- do found.append({'columns': columns}) -%}{%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
