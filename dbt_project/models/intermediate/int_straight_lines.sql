{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_item_inputs', 'inputs_key': 'return_id'},
        indexes=input_index('return_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

{%- set least_items = 6 -%}
{%- set least_options = 3 -%}

with outdated as (

    select
        return_id,
        loaded_at,
        inputs
    from {{ ref('int_item_inputs') }}
    where {{ has_new_inputs() }}

),

loaded as (

    select
        returns.return_id,
        returns.source_id,
        returns.questionnaire_version,
        outdated.loaded_at
    from {{ ref('stg_returns') }} as returns
    inner join outdated on returns.return_id = outdated.return_id
    where returns.questionnaire_version is not null

),

elements as (

    select * from {{ ref('stg_questionnaires') }}
    where language_rank = 1

),

-- Arrays of LimeSurvey of which each row has the same options: 5 or 10 points, yes/no/uncertain, more/same/less.
fixed_arrays as (

    select
        source_id,
        questionnaire_version,
        question_code
    from elements
    where element = 'question' and letter in ('A', 'B', 'C', 'E')

),

-- Those that declare their options: flexible, by column, and with two scales.
declared_arrays as (

    select
        questions.source_id,
        questions.questionnaire_version,
        questions.question_code,
        answer_options.scale
    from elements as questions
    inner join elements as answer_options
        on
            questions.source_id = answer_options.source_id
            and questions.questionnaire_version = answer_options.questionnaire_version
            and questions.question_code = answer_options.question_code
            and answer_options.element = 'option'
    where questions.element = 'question' and questions.letter in ('F', 'H', '1')
    group by questions.source_id, questions.questionnaire_version, questions.question_code, answer_options.scale
    having count(distinct answer_options.code) >= {{ least_options }}

),

arrays as (

    select
        source_id,
        questionnaire_version,
        question_code,
        0 as scale
    from fixed_arrays

    union all

    select
        source_id,
        questionnaire_version,
        question_code,
        coalesce(scale, 0) as scale
    from declared_arrays

),

straight as (

    select
        loaded.return_id,
        answers.question_code,
        arrays.scale,
        max(answers.answer_text) as answer_text,
        count(*) as n_items
    from loaded
    inner join {{ ref('stg_answers') }} as answers on {{ is_same_load('answers', 'loaded') }}
    inner join arrays
        on
            loaded.source_id = arrays.source_id
            and loaded.questionnaire_version = arrays.questionnaire_version
            and answers.question_code = arrays.question_code
            and coalesce(answers.scale, 0) = arrays.scale
    where answers.part = 'value' and answers.missing_reason is null and answers.answer_text <> ''
    group by loaded.return_id, answers.question_code, arrays.scale
    having count(*) >= {{ least_items }} and count(distinct answers.answer_text) = 1

)

-- A return without a straight line has one row too, without a question: it holds the inputs.
select
    outdated.return_id,
    coalesce(straight.question_code, '') as question_code,
    coalesce(straight.scale, 0) as scale,
    straight.answer_text,
    straight.n_items,
    outdated.inputs
from outdated
left join straight on outdated.return_id = straight.return_id
