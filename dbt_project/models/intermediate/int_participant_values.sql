{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_answer_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_answer_inputs') }}
    where {{ has_new_inputs() }}

),

asked as (

    select * from {{ ref('int_asked_columns') }}

),

{{ cells_of_people(['indicator_code', 'is_numeric', 'is_date']) }},

typed as (

    select
        enrolment_id,
        occasion_code,
        inputs,
        pseudonym,
        key_version,
        return_id,
        sheet_row,
        item,
        indicator_code,
        missing_reason,
        case when is_numeric then {{ parse_number('value') }} end as value_number,
        case
            when is_numeric then null
            when is_date and value like '____-__-__%' then substr(value, 1, 10)
            else value
        end as value_text
    from understood

),

reasoned as (

    select
        enrolment_id,
        occasion_code,
        inputs,
        pseudonym,
        key_version,
        return_id,
        sheet_row,
        item,
        indicator_code,
        value_number,
        value_text,
        case
            when value_number is null and value_text is null then coalesce(missing_reason, 'unexplained')
        end as missing_reason
    from typed

),

-- Respondents of surveys are persons of their own, without a key.
of_all as (

    select
        enrolment_id,
        occasion_code,
        inputs,
        pseudonym,
        key_version,
        cast(null as {{ type_text() }}) as surveyed_by,
        return_id,
        sheet_row,
        item,
        indicator_code,
        value_number,
        value_text,
        missing_reason
    from reasoned

    union all

    select
        surveyed.enrolment_id,
        surveyed.occasion_code,
        outdated.inputs,
        surveyed.pseudonym,
        cast(null as bigint) as key_version,
        surveyed.surveyed_by,
        surveyed.return_id,
        cast(0 as bigint) as sheet_row,
        surveyed.item,
        surveyed.indicator_code,
        surveyed.value_number,
        surveyed.value_text,
        surveyed.missing_reason
    from {{ ref('int_surveyed_values') }} as surveyed
    inner join outdated
        on surveyed.enrolment_id = outdated.enrolment_id and surveyed.occasion_code = outdated.occasion_code

),

{{ outcomes_of_answers() }},

compared as (

    select
        of_all.*,
        {{ outcome_rank('of_all.value_number') }} as outcome_rank
    from of_all
    left join outcomes_of_values
        on of_all.indicator_code = outcomes_of_values.indicator_code and of_all.value_text = outcomes_of_values.value
    left join outcomes_of_numbers on of_all.indicator_code = outcomes_of_numbers.indicator_code

),

ranked as (

    -- Of several rows about one person, one with a value counts before one with a reason, one that fulfils an outcome
    -- before one that does not, then the last row: the same one as in int_participants.
    select
        *,
        row_number() over (
            partition by enrolment_id, occasion_code, pseudonym, indicator_code
            order by
                {{ reason_rank('missing_reason') }} asc, outcome_rank asc, sheet_row desc, return_id asc, item asc
        ) as preference
    from compared

)

select
    enrolment_id,
    occasion_code,
    pseudonym,
    indicator_code,
    key_version,
    surveyed_by,
    value_number,
    value_text,
    missing_reason,
    return_id,
    inputs
from ranked
where preference = 1
-- Sorted, the rows of an enrolment compress better in columnar storage and are found without a full scan.
order by enrolment_id
