{{ config(materialized='view') }}

with returns as (

    select * from {{ ref('stg_returns') }}

),

answers as (

    select * from {{ ref('stg_answers') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

),

enrolments as (

    select
        enrolment_id,
        structure_code
    from {{ ref('dim_enrolment') }}

),

counted_returns as (

    select return_id from {{ ref('int_counted_returns') }}

),

withdrawals as (

    select
        expected_return_id,
        respondent
    from {{ ref('stg_withdrawals') }}

),

asked_items as (

    select
        instrument_code,
        instrument_version,
        innovation_code,
        item,
        {{ ordered_agg('indicator_code', 'indicator_code', ', ') }} as indicator_codes
    from {{ ref('int_asked_items') }}
    group by instrument_code, instrument_version, innovation_code, item

),

-- In the survey's base language; codes are the same in every language.
elements as (

    select * from {{ ref('stg_questionnaires') }}
    where language_rank = 1

),

questions as (

    select * from elements
    where element = 'question'

),

options as (

    select * from elements
    where element = 'option'

),

subquestions as (

    select
        source_id,
        questionnaire_version,
        question_code,
        code,
        wording
    from elements
    where element = 'subquestion' and letter not in (':', ';')

    union all

    -- The cells of an array of numbers or texts, by row and column.
    select
        row_parts.source_id,
        row_parts.questionnaire_version,
        row_parts.question_code,
        row_parts.code || '_' || column_parts.code as code,
        row_parts.wording || ' – ' || column_parts.wording as wording
    from elements as row_parts
    inner join elements as column_parts
        on
            row_parts.source_id = column_parts.source_id
            and row_parts.questionnaire_version = column_parts.questionnaire_version
            and row_parts.question_code = column_parts.question_code
    where
        row_parts.element = 'subquestion' and row_parts.scale = 0 and row_parts.letter in (':', ';')
        and column_parts.element = 'subquestion' and column_parts.scale = 1

)

select
    returns.return_id,
    answers.item,
    returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.innovation_code,
    expected_returns.cohort_code,
    enrolments.structure_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    expected_returns.instrument_version,
    returns.source_id,
    returns.respondent,
    counted_returns.return_id is not null as is_current,
    withdrawals.respondent is not null as is_withdrawn,
    case
        when withdrawals.respondent is not null then 'withdrawn'
        when counted_returns.return_id is not null then 'current'
        when loaded_versions.recency > 1 then 'superseded'
        else 'not_counted'
    end as standing,
    returns.language,
    returns.questionnaire_version,
    answers.question_code,
    answers.subquestion_code,
    answers.scale,
    answers.part,
    questions.wording as question_text,
    subquestions.wording as subquestion_text,
    answers.answer_text,
    options.wording as answer_label,
    answers.missing_reason,
    asked_items.indicator_codes as indicator_code,
    returns.answered_at
from returns
inner join answers on {{ is_same_load('answers', 'returns') }}
left join expected_returns on returns.expected_return_id = expected_returns.expected_return_id
left join enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
left join counted_returns on returns.return_id = counted_returns.return_id
left join {{ ref('int_loaded_versions') }} as loaded_versions on returns.return_id = loaded_versions.return_id
left join withdrawals
    on
        returns.expected_return_id = withdrawals.expected_return_id
        and returns.respondent = withdrawals.respondent
left join asked_items
    on
        expected_returns.instrument_code = asked_items.instrument_code
        and expected_returns.instrument_version = asked_items.instrument_version
        and expected_returns.innovation_code = asked_items.innovation_code
        and answers.item = asked_items.item
left join questions
    on
        returns.source_id = questions.source_id
        and returns.questionnaire_version = questions.questionnaire_version
        and answers.question_code = questions.question_code
left join subquestions
    on
        returns.source_id = subquestions.source_id
        and returns.questionnaire_version = subquestions.questionnaire_version
        and answers.question_code = subquestions.question_code
        and answers.subquestion_code = subquestions.code
left join options
    on
        returns.source_id = options.source_id
        and returns.questionnaire_version = options.questionnaire_version
        and answers.question_code = options.question_code
        and coalesce(answers.scale, 0) = options.scale
        and answers.answer_text = options.code
        and answers.part in ('value', 'rank')
where returns.questionnaire_version is not null
