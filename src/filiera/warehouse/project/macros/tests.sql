{#- One row per key. -#}
{% test one_row_per(model, columns) %}
select {{ columns | join(', ') }}, count(*) as copies
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{#- A condition that holds for every row; NULL counts as broken. -#}
{% test holds(model, condition, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}

{#- Every row of this model finds its row in another. -#}
{% test found_in(model, parent, columns) %}
select {{ columns | join(', ') }}
from {{ model }} as child
where not exists (
    select 1
    from {{ parent }} as parent
    where {% for column in columns %}{{ 'and ' if not loop.first }}parent.{{ column }} = child.{{ column }} {% endfor %}
)
{% endtest %}

{#- A join lost no rows and made none. -#}
{% test same_rows_as(model, other) %}
select 1 as difference
where (select count(*) from {{ model }}) <> (select count(*) from {{ other }})
{% endtest %}
