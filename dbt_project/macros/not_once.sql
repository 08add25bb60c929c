{#- Where rows are not told by the columns of a key: one of these is null, or several rows have the same. One row that
    says so, and of how many keys, or none. -#}
{% macro not_once(relation, key, name) -%}
    select
        '{{ name }} has one row for each {{ key | join(", ") }}' as broken,
        count(*) as times
    from (
        select count(*) as n_rows
        from {{ relation }}
        group by {{ key | join(', ') }}
        having {{ is_not_once(key) }}
    ) as repeated
    having count(*) > 0
{%- endmacro %}
