{#- The columns make a row unique; neither they nor those of never_null are ever null. -#}
{% test grain(model, columns, never_null=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as n_rows
from {{ model }}
group by {{ columns | join(', ') }}
having {{ is_not_once(columns + never_null) }}
{% endtest %}
