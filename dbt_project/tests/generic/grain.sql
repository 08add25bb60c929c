{#- The columns make a row unique; neither they nor those of never_null are ever null. -#}
{% test grain(model, columns, never_null=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or count({{ (columns + never_null) | join(') < count(*) or count(') }}) < count(*)
{% endtest %}
