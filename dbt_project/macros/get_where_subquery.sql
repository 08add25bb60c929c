{#- dbt's hook for the `where` config of tests. A `where` of the form `KEY is new in INPUTS_MODEL` (one or more columns)
    restricts the test to the keys whose rows have not all passed their tests yet; to all rows while no build has
    completed. Any other `where` goes to dbt's own macro. -#}
{% macro get_where_subquery(relation) -%}
    {%- set key, inputs = ((config.get('where') or '') ~ ' is new in ').split(' is new in ')[:2] -%}
    {%- set tested = relation.incorporate(path={'schema': 'intermediate', 'identifier': 'int_tested_inputs'}) -%}
    {%- if not inputs -%}
        {{ return(default__get_where_subquery(relation)) }}
    {%- elif not load_cached_relation(tested) -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set first = key.split(', ')[0] -%}
    {%- set new = ' from intermediate.' ~ inputs ~ ' where not is_tested' -%}
    {%- set is_new = [key_in_new_inputs(first, 'select ' ~ first ~ new)] -%}
    {%- if first != key -%}
        {%- do is_new.append('(' ~ key ~ ') in (select ' ~ key ~ new ~ ')') -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ is_new | join(' and ') ~ ') as new_rows') }}
{%- endmacro %}

{#- Whether a key is among the untested ones. Given as an array, PostgreSQL finds few keys by the index, below the joins
    and windows of a view. -#}
{% macro key_in_new_inputs(key, keys) -%}
    {{ adapter.dispatch('key_in_new_inputs', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__key_in_new_inputs(key, keys) -%}
    {{ key_in(key, keys) }}
{%- endmacro %}

{% macro postgres__key_in_new_inputs(key, keys) -%}
    {%- set n_keys = run_query('select count(*) from (' ~ keys ~ ') as new_keys').rows[0][0] -%}
    {%- if n_keys <= 1000 -%}
        {{ key }} collate "C" = any(array({{ keys }}))
    {%- else -%}
        {{ key }} collate "C" in ({{ keys }})
    {%- endif -%}
{%- endmacro %}
