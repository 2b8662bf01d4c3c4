{#- The staging model, or in an incremental build its half that holds only the new batches. -#}
{% macro staged(name) -%}
    {%- set everything = ref(name) -%}
    {%- set new = ref(name ~ '__new') -%}
    {{ return(new if is_incremental() else everything) }}
{%- endmacro %}
