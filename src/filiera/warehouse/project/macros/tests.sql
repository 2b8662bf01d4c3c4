{#- One row per key, of which no part is empty. An increment need only look at the rows that have the `touched` columns in
    common with what is new. -#}
{% test one_row_per(model, columns, touched=none) %}
select {{ columns | join(', ') }}, count(*) as copies
from {{ model }}
{%- if touched and not flags.FULL_REFRESH %}
where ({{ touched.columns | join(', ') }}) in (select distinct {{ touched.columns | join(', ') }} from {{ touched.by }})
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
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

{#- Every key of this fact finds its row in its dimension. One test for all of them: each would cost dbt as much. -#}
{% test finds_its_dimensions(model, dimensions) %}
{%- for dimension in dimensions %}
select '{{ dimension.column }}' as missing, {{ dimension.column }} as value
from {{ model }} as child
where not exists (select 1 from {{ dimension.parent }} as parent where parent.{{ dimension.key }} = child.{{ dimension.column }})
{{- '\nunion all' if not loop.last }}
{%- endfor %}
{% endtest %}

{#- A join lost no rows and made none. -#}
{% test same_rows_as(model, other) %}
select 1 as difference
where (select count(*) from {{ model }}) <> (select count(*) from {{ other }})
{% endtest %}

{#- What was shared out over a trip's deliveries sums to the trip's own fuel again. -#}
{% test shares_sum_to_the_whole(model) %}
select shared.trip_id
from (
    select trip_id, sum(fuel_consumed_liters) as fuel
    from {{ model }}
    group by trip_id
) as shared
inner join {{ ref('trip_state') }} as trips on shared.trip_id = trips.trip_id
where not trips.is_deleted and cast(shared.fuel as decimal(14, 2)) is distinct from trips.fuel_consumed_liters
{% endtest %}

{#- The invariants of a history (TPC-DI's audit): distinct keys; versions that follow one another without overlap, gap
    or zero length; and for each key exactly one version that is current and reaches the end of time. An increment need only
    look at the keys that came with what is new. -#}
{% test is_history(model, key, surrogate, touched=none) %}
with
ordered as (
    select
        *,
        lead(valid_from) over (partition by {{ key }} order by valid_from) as next_from,
        row_number() over (partition by {{ surrogate }} order by valid_from) as copies,
        row_number() over (partition by {{ key }} order by valid_from) as number
    from {{ model }}
    {%- if touched and not flags.FULL_REFRESH %}
    where {{ key }} in (select {{ key }} from {{ touched }})
    {%- endif %}
)
select *
from ordered
where
    valid_to <= valid_from
    or valid_to <> coalesce(next_from, {{ end_of_time() }})
    or is_current <> (next_from is null)
    or copies > 1
    or (number = 1 and valid_from <> {{ beginning_of_time() }})
{% endtest %}

{#- A mart of deliveries counts each of them once. -#}
{% test counts_every_delivery(model) %}
select 1 as difference
where (select coalesce(sum(deliveries), 0) from {{ model }}) <> (select count(*) from {{ ref('fact_deliveries') }})
{% endtest %}
