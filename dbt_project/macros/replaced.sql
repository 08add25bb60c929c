{#- DuckDB replaces a table or a view in the transaction that makes it. dbt's own way, for engines that cannot, makes
    each under another name, renames two and drops one: a third of what dbt costs where there is little to be read. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replaced(this.incorporate(type='table'), create_table_as(False, this, compiled_code))) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(replaced(this.incorporate(type='view'), create_view_as(this, compiled_code))) }}
{% endmaterialization %}

{% macro replaced(relation, statement_that_makes_it) %}
    {%- set earlier = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {% if earlier %}drop {{ earlier.type }} if exists {{ earlier }};{% endif %}
        {{ statement_that_makes_it }}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}
