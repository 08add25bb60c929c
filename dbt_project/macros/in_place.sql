{#- Views of PostgreSQL stand on the very tables and views that they were made on. Where dbt puts another in the place
    of one of these, all that stands on it goes, and whoever reads before it is built again finds nothing. So these are
    changed in place. What another version of the models made may have other columns, and is replaced in dbt's way. -#}
{% materialization table, adapter='postgres' %}
    {% if is_of_these_models() and is_stood_on() %}
        {{ return(changed_in_place('table', filled_again(compiled_code))) }}
    {% endif %}
    {{ return(signed(dbt.materialization_table_default())) }}
{% endmaterialization %}

{% materialization view, adapter='postgres' %}
    {% if is_of_these_models() %}
        {{ return(changed_in_place('view', get_replace_view_sql(this, compiled_code))) }}
    {% endif %}
    {{ return(signed(dbt.materialization_view_default())) }}
{% endmaterialization %}

{% macro changed_in_place(type, statement_that_changes_it) %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {{ statement_that_changes_it }}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this.incorporate(type=type)]}) }}
{% endmacro %}

{% macro filled_again(query) -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {%- if has_contract %}{{ get_assert_columns_equivalent(query) }}{% endif -%}
    delete from {{ this }};
    insert into {{ this }}{% if has_contract %} ({{ adapter.dispatch('get_column_names', 'dbt')() }}){% endif %}
    {{ get_select_subquery(query) if has_contract else query }}
{%- endmacro %}

{% macro signed(made) %}
    {% for relation in made['relations'] %}
        {% call statement('signed', auto_begin=True) %}
            {{ signature(relation) }}
        {% endcall %}
    {% endfor %}
    {{ adapter.commit() }}
    {{ return(made) }}
{% endmacro %}

{#- Says on a table or a view which version of the models made it. -#}
{% macro signature(relation) -%}
    {{ adapter.dispatch('signature', 'essaim')(relation) }}
{%- endmacro %}

{% macro default__signature(relation) -%}
{%- endmacro %}

{% macro postgres__signature(relation) -%}
    comment on {{ relation.type }} {{ relation }} is '{{ version_of_models() }}';
{%- endmacro %}

{#- Whether this version of the models made what is there, as it says. DuckDB's views stand on names: what they read may
    be replaced. -#}
{% macro is_of_these_models() %}
    {{ return(adapter.dispatch('is_of_these_models', 'essaim')()) }}
{% endmacro %}

{% macro default__is_of_these_models() %}
    {{ return(false) }}
{% endmacro %}

{% macro postgres__is_of_these_models() %}
    {% set found %}
        select 1 where pg_catalog.obj_description({{ its_oid() }}, 'pg_class') = '{{ version_of_models() }}'
    {% endset %}
    {{ return(run_query(found).rows | length > 0) }}
{% endmacro %}

{% macro is_stood_on() %}
    {% set found %}
        select 1 from pg_catalog.pg_depend
        where refobjid = {{ its_oid() }} and classid = 'pg_catalog.pg_rewrite'::regclass
        limit 1
    {% endset %}
    {{ return(run_query(found).rows | length > 0) }}
{% endmacro %}

{% macro its_oid() -%}
    pg_catalog.to_regclass('{{ this.include(database=False) }}')
{%- endmacro %}

{% macro version_of_models() -%}
    {{ env_var('ESSAIM_BUILD_MODELS', '') if execute else '' }}
{%- endmacro %}
