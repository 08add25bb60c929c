{#- Common table expressions: the cells of the participant tables that count, recoded, one row a cell and row of `asked`
    (`int_asked_columns`, `int_asked_outcomes`) with its `columns`. They read the expressions `outdated` and `asked`. The
    returns are selected before their cells are read: there are millions of cells. -#}
{% macro cells_of_people(columns) -%}
counted_returns as (

    select
        counted_returns.return_id,
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        returns.loaded_at,
        outdated.inputs
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    inner join {{ ref('stg_returns') }} as returns on counted_returns.return_id = returns.return_id
    inner join outdated
        on
            expected_returns.enrolment_id = outdated.enrolment_id
            and expected_returns.occasion_code = outdated.occasion_code

),

recodes as (

    select * from {{ ref('stg_programme__recodes') }}

),

cells as (

    select
        counted_returns.enrolment_id,
        counted_returns.occasion_code,
        counted_returns.inputs,
        coalesce(links.pseudonym, row_answers.pseudonym) as pseudonym,
        coalesce(links.key_version, row_answers.key_version) as key_version,
        row_answers.return_id,
        row_answers.sheet_row,
        asked.item,
        asked.recode,
        {% for column in columns %}asked.{{ column }}, {% endfor %}
        row_answers.missing_reason,
        {{ plain_text('row_answers.answer_text') }} as answer
    from counted_returns
    inner join {{ ref('stg_row_answers') }} as row_answers
        on {{ is_same_load('row_answers', 'counted_returns') }}
    inner join asked
        on
            counted_returns.instrument_code = asked.instrument_code
            and counted_returns.instrument_version = asked.instrument_version
            and row_answers.item = asked.item
    left join {{ ref('stg_pseudonym_links') }} as links
        on
            row_answers.return_id = links.return_id
            and row_answers.sheet_name = links.sheet_name
            and row_answers.sheet_row = links.sheet_row
    where row_answers.pseudonym is not null

),

understood as (

    select
        cells.enrolment_id,
        cells.occasion_code,
        cells.inputs,
        cells.pseudonym,
        cells.key_version,
        cells.return_id,
        cells.sheet_row,
        cells.item,
        {% for column in columns %}cells.{{ column }}, {% endfor %}
        coalesce({{ recoded_missing_reason('cells.answer') }}, cells.missing_reason) as missing_reason,
        {{ recoded_value('cells.recode', 'cells.answer') }} as value
    from cells
    left join recodes on cells.recode = recodes.recode and cells.answer = recodes.source_value

)
{%- endmacro %}
