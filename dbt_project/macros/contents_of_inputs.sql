{#- One row for each input of the stored models: its content, and the selector of dbt for what depends on it. Inputs are
    the sources, the views of staging, and the views of the intermediate layer that read the moment. Where only other
    inputs read one, its tests alone depend on it (`+1`): what is below has selectors of its own. -#}
{% macro contents_of_inputs() -%}
    {%- set is_input, is_read = {}, {} -%}
    {%- for id, node in graph.nodes.items() if node.resource_type == 'model' and id != model.unique_id -%}
        {%- set reads_moment = 'model.essaim.stg_moment' in node.depends_on.nodes -%}
        {%- set layer = node.fqn[1] -%}
        {%- if node.config.materialized == 'view' and (layer == 'staging' or (layer == 'intermediate' and reads_moment)) -%}
            {%- do is_input.update({id: node}) -%}
        {%- else -%}
            {%- for parent in node.depends_on.nodes -%}
                {%- do is_read.update({parent: true}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for id, node in is_input.items() %}
    {{ selected_content(node.name ~ ('+' if id in is_read else '+1'), node, node.relation_name) }}
    union all
    {%- endfor -%}
    {%- for id, node in graph.sources.items() -%}
        {%- set is_dated = 'known_at' in node.columns and node.name not in loaded_with_returns() -%}
        {%- set known = '(select * from ' ~ node.relation_name ~ ' where ' ~ is_known() ~ ')' if is_dated -%}
        {%- set selector = 'source:' ~ node.source_name ~ '.' ~ node.name ~ ('+' if id in is_read else '+1') %}
    {{ selected_content(selector, node, known or node.relation_name) }}
    union all
    {%- endfor %}
    -- The offset of the time zone is in the days of `local_date_of`.
    select
        'stg_moment+' as selector,
        cast({{ dbt.datediff('as_of', 'known_by', 'second') }} as {{ type_text() }}) as content
    from {{ ref('stg_moment') }}
    union all
    select
        'stg_moment+' as selector,
        {{ content_of_rows('relations') }} as content
    from (
        select
            table_schema,
            table_name
        from information_schema.tables
        where
            table_schema in ('staging', 'intermediate', 'marts', 'analytics')
            and table_name not like 'int_built_%'
    ) as relations
{%- endmacro %}

{#- The tables whose rows are loaded with the version of a return, and stay as they are: their number says enough. -#}
{% macro loaded_with_returns() -%}
    {{ return(['answers', 'row_answers', 'findings']) }}
{%- endmacro %}

{% macro selected_content(selector, node, relation) -%}
    {%- set is_counted = node.name | replace('stg_', '') in loaded_with_returns() -%}
    select
        '{{ selector }}' as selector,
        {{ 'cast(count(*) as ' ~ type_text() ~ ')' if is_counted else content_of_rows('input') }} as content
    from {{ relation }} as input
{%- endmacro %}

{#- A checksum of rows in any order, and their number. -#}
{% macro content_of_rows(alias) -%}
    {{ adapter.dispatch('content_of_rows', 'essaim')(alias) }}
{%- endmacro %}

{% macro default__content_of_rows(alias) -%}
    cast(count(*) as text) || ' ' || coalesce(cast(sum(hash({{ alias }})) as text), '')
{%- endmacro %}

{% macro postgres__content_of_rows(alias) -%}
    cast(count(*) as text) || ' ' || coalesce(cast(sum(hashtextextended(cast({{ alias }} as text), 0)) as text), '')
{%- endmacro %}
