{#- DuckDB replaces a table or a view within the transaction that makes it. dbt's own way, which it needs where that is
    not so, makes each under another name, renames two and drops one: most of what a small programme's build costs. -#}
{% materialization table, adapter='duckdb' %}
    {{ return(replaced(create_table_as(False, this.incorporate(type='table'), compiled_code), 'table')) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {{ return(replaced(create_view_as(this.incorporate(type='view'), compiled_code), 'view')) }}
{% endmaterialization %}

{% macro replaced(statement_that_makes_it, kind) %}
    {%- set held = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {% if held %}drop {{ held.type }} if exists {{ held }};{% endif %}
        {{ statement_that_makes_it }}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this.incorporate(type=kind)]}) }}
{% endmacro %}
