{#- One row for each input of the stored models: its content, and the selector of dbt for what depends on it. Inputs are
    the sources, the views of staging, and the views of the intermediate layer that read the moment. Where only other
    inputs read one, its tests alone depend on it (`+1`): what is below has selectors of its own. -#}
{% macro contents_of_inputs() -%}
    {%- set inputs, is_read = {}, {} -%}
    {%- for id, node in graph.nodes.items() if node.resource_type == 'model' and id != model.unique_id -%}
        {%- set reads_moment = 'model.essaim.stg_moment' in node.depends_on.nodes -%}
        {%- set is_of_layer = node.fqn[1] == 'staging' or (node.fqn[1] == 'intermediate' and reads_moment) -%}
        {%- if is_of_layer and node.config.materialized == 'view' -%}
            {%- do inputs.update({id: node}) -%}
        {%- else -%}
            {%- for parent in node.depends_on.nodes -%}
                {%- do is_read.update({parent: true}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for id, node in inputs.items() -%}
        {{ selected_content(node.name, id in is_read, node.name, node.relation_name) }}
    {%- endfor -%}
    {%- for id, node in graph.sources.items() -%}
        {%- set is_dated = 'known_at' in node.columns and node.name not in loaded_with_returns() -%}
        {%- set known = '(select * from ' ~ node.relation_name ~ ' where ' ~ is_known() ~ ')' if is_dated -%}
        {%- set selector = 'source:' ~ node.source_name ~ '.' ~ node.name -%}
        {{ selected_content(selector, id in is_read, node.name, known or node.relation_name) }}
    {%- endfor %}
    -- A finding that no run has recorded is dated by the day of the build.
    select
        'surveillance+' as selector,
        cast(count(*) as {{ type_text() }}) || coalesce(cast(max({{ as_of() }}) as {{ type_text() }}), '') as content
    from {{ ref('surveillance') }} as present
    where not exists (
        select 1 from {{ ref('stg_surveillance') }} as reported
        where reported.finding_id = present.finding_id and reported.found = present.found
    )
    union all
    -- The days of `local_date_of` depend on the offset of the time zone.
    select
        'stg_moment+' as selector,
        cast(known_by - cast(as_of as timestamp) as {{ type_text() }}) as content
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
    {{ return(['answers', 'row_answers', 'findings', 'stg_answers', 'stg_row_answers', 'stg_findings']) }}
{%- endmacro %}

{% macro selected_content(selector, is_read, name, relation) -%}
    select
        '{{ selector }}{{ '+' if is_read else '+1' }}' as selector,
        {{ content_of_input(name) }} as content
    from {{ relation }} as input
    union all
{% endmacro %}

{% macro content_of_input(name) -%}
    {{ 'cast(count(*) as ' ~ type_text() ~ ')' if name in loaded_with_returns() else content_of_rows('input') }}
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
