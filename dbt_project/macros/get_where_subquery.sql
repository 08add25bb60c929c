{#- What a test reads, where its `where` says `KEY is new in INPUTS`, a key of one column or several: of a kept table,
    the rows of those keys of which not all has passed its tests. Where nothing has yet, all rows. Any other `where` dbt's
    own macro reads. -#}
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
    {%- set is_new = [is_among_new(first, 'select ' ~ first ~ new)] -%}
    {%- if first != key -%}
        {%- do is_new.append('(' ~ key ~ ') in (select ' ~ key ~ new ~ ')') -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ is_new | join(' and ') ~ ') as new_rows') }}
{%- endmacro %}

{#- Whether a key is among those of which something is new. Where these are few, PostgreSQL shall find each by its
    index, in views too: its planner would else do their joins and windows first, for all rows. -#}
{% macro is_among_new(key, keys) -%}
    {{ adapter.dispatch('is_among_new', 'essaim')(key, keys) }}
{%- endmacro %}

{% macro default__is_among_new(key, keys) -%}
    {{ is_among(key, keys) }}
{%- endmacro %}

{% macro postgres__is_among_new(key, keys) -%}
    {%- set n_keys = run_query('select count(*) from (' ~ keys ~ ') as new_keys').rows[0][0] -%}
    {%- if n_keys <= 1000 -%}
        {{ key }} collate "C" = any(array({{ keys }}))
    {%- else -%}
        {{ key }} collate "C" in ({{ keys }})
    {%- endif -%}
{%- endmacro %}
