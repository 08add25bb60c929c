-- From the declarations, not from the answers: a condition that holds for everybody is one too.
with returns as (

    select distinct
        innovation_code,
        occasion_code,
        instrument_code,
        instrument_version
    from {{ ref('int_expected_returns') }}

),

of_tables as (

    select
        returns.innovation_code,
        returns.occasion_code,
        '' as surveyed_by,
        asked.indicator_code,
        deciding.indicator_code as other_code
    from returns
    inner join {{ ref('stg_programme__table_conditions') }} as conditions
        on
            returns.instrument_code = conditions.instrument_code
            and returns.instrument_version = conditions.instrument_version
    inner join {{ ref('int_asked_columns') }} as asked
        on
            conditions.instrument_code = asked.instrument_code
            and conditions.instrument_version = asked.instrument_version
            and conditions.item = asked.item
    left join {{ ref('int_asked_columns') }} as deciding
        on
            conditions.instrument_code = deciding.instrument_code
            and conditions.instrument_version = deciding.instrument_version
            and conditions.other_item = deciding.item

),

-- A question may have been changed while the survey was open: each condition that it had counts.
answered as (

    select distinct
        expected_returns.innovation_code,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        expected_returns.instrument_version,
        returns.source_id,
        returns.questionnaire_version
    from {{ ref('stg_returns') }} as returns
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on returns.expected_return_id = expected_returns.expected_return_id

),

asked_questions as (

    select
        asked_items.instrument_code,
        asked_items.instrument_version,
        asked_items.innovation_code,
        asked_items.item,
        asked_items.indicator_code
    from {{ ref('int_asked_items') }} as asked_items
    inner join {{ ref('int_surveyed_questions') }} as questions
        on {{ is_same('asked_items', 'questions', [
            'instrument_code', 'instrument_version', 'innovation_code', 'indicator_code'
        ]) }}

),

of_surveys as (

    select
        answered.innovation_code,
        answered.occasion_code,
        answered.instrument_code as surveyed_by,
        asked.indicator_code,
        deciding.indicator_code as other_code
    from answered
    inner join {{ ref('stg_questionnaire_conditions') }} as conditions
        on
            answered.source_id = conditions.source_id
            and answered.questionnaire_version = conditions.questionnaire_version
    inner join asked_questions as asked
        on
            answered.instrument_code = asked.instrument_code
            and answered.instrument_version = asked.instrument_version
            and answered.innovation_code = asked.innovation_code
            and conditions.item = asked.item
    left join asked_questions as deciding
        on
            answered.instrument_code = deciding.instrument_code
            and answered.instrument_version = deciding.instrument_version
            and answered.innovation_code = deciding.innovation_code
            -- A condition that is not understood may read any other question.
            and conditions.other_item in (deciding.item, '')
            and conditions.item <> deciding.item

),

of_all as (

    select * from of_tables

    union all

    select * from of_surveys

)

select distinct
    innovation_code,
    occasion_code,
    surveyed_by,
    indicator_code,
    case when other_code = indicator_code then '' else coalesce(other_code, '') end as other_code
from of_all
