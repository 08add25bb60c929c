{#- An incremental model of ours holds, in each row, the `inputs` of its enrolment: in short, everything that the row
    was made of. Rows whose inputs are other ones now, or are there no more, go before the others are made. So it does
    not matter what was built before, of which day, and whether it came to its end. -#}
{% macro forget_outdated(inputs) -%}
    {%- if is_incremental() -%}
        {%- set names = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        delete from {{ this }} as held
        {%- if 'inputs' in names %}
        where
            not exists (
                select 1
                from {{ ref(inputs) }} as present
                where present.enrolment_id = held.enrolment_id and present.inputs = held.inputs
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The enrolments of which a model holds no rows any more, or never did, with their inputs. -#}
{% macro outdated(inputs) -%}
    select
        present.enrolment_id,
        present.inputs
    from {{ ref(inputs) }} as present
    {%- if is_incremental() %}
    where not exists (select 1 from {{ this }} as held where held.enrolment_id = present.enrolment_id)
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
