{#- A model that keeps rows between builds holds, in each of them, the `inputs` of its enrolment or return: in short,
    everything that the row was made of. Rows whose inputs are other ones now, or are there no more, go before the
    others are made. So it does not matter what was built before, of which day, and whether it came to its end. -#}
{% macro forget_outdated(inputs, key='enrolment_id') -%}
    {%- if is_incremental() -%}
        {%- set names = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        delete from {{ this }} as held
        {%- if 'inputs' in names %}
        where
            not exists (
                select 1
                from {{ ref(inputs) }} as present
                where present.{{ key }} = held.{{ key }} and present.inputs = held.inputs
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The enrolments or returns of which a model holds no rows any more, or never did, with their inputs. -#}
{% macro outdated(inputs, key='enrolment_id') -%}
    select
        present.{{ key }},
        present.inputs
    from {{ ref(inputs) }} as present
    {%- if is_incremental() %}
    where not exists (select 1 from {{ this }} as held where held.{{ key }} = present.{{ key }})
    {%- endif %}
{%- endmacro %}

{#- PostgreSQL's planner takes what is outdated for one row, however much it is, and would join it row by row. -#}
{% macro join_at_once() -%}
    {{ adapter.dispatch('join_at_once', 'essaim')() }}
{%- endmacro %}

{% macro default__join_at_once() -%}
{%- endmacro %}

{% macro postgres__join_at_once() -%}
    set local enable_nestloop = off
{%- endmacro %}

{#- Which models, of which version of the project, and which programme: where one of them is another, all rows are. -#}
{% macro models_and_programme() -%}
    '{{ env_var("ESSAIM_BUILD_MODELS", "") if execute else "" }} ' || {{ latest_programme_run('programme_version') }}
{%- endmacro %}

{#- Whether rows that were made of these inputs have passed their tests already, in a build that came so far. -#}
{% macro is_tested(inputs) -%}
    {%- set tested = load_relation(this.incorporate(path={'identifier': 'int_tested_inputs'})) if execute -%}
    {%- if tested -%}
        exists (select 1 from {{ tested }} as tested where tested.inputs = {{ inputs }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
