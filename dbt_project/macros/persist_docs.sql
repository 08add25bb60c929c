{#- dbt's macro for the config `persist_docs`, in the programme's language: a French text stands in `meta` beside each
    English description. dbt's own macro does the rest. -#}
{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set columns = {} -%}
    {%- for name, column in model.columns.items() -%}
        {%- do columns.update({name: in_language(column)}) -%}
    {%- endfor -%}
    {%- set described = dict(in_language(model), columns=columns) -%}
    {{ return(dbt.default__persist_docs(relation, described, for_relation, for_columns)) }}
{%- endmacro %}

{#- A model or a column with its description in the language of the build. -#}
{% macro in_language(node) -%}
    {%- set translated = node.config.meta.get(env_var('ESSAIM_BUILD_LANGUAGE', '')) -%}
    {{ return(dict(node, description=translated or node.description)) }}
{%- endmacro %}
