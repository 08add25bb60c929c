{#- Rows of a test: a key that is null or not unique in a relation. One row with the rule (`broken`) and the number of
    keys that violate it (`times`), or none. -#}
{% macro invalid_keys(relation, key, name) -%}
    select
        '{{ name }} has one row for each {{ key | join(", ") }}' as broken,
        count(*) as times
    from (
        select count(*) as n_rows
        from {{ relation }}
        group by {{ key | join(', ') }}
        having {{ is_null_or_duplicate_key(key) }}
    ) as repeated
    having count(*) > 0
{%- endmacro %}
