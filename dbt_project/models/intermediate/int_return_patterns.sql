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

-- Returns with the same answers have the same counts and sums, which cost less than the answers. A sum of decimals does
-- not depend on the order.
counted as (

    select
        item_values.return_id,
        count(*) as n_values,
        count(item_values.value_number) as n_numbers,
        count(item_values.value_text) as n_texts,
        cast(
            sum(
                case
                    when item_values.value_number is not null
                        then cast(
                            greatest(least(item_values.value_number, 1000000000000), -1000000000000)
                            as decimal(28, 6)
                        )
                end
            ) as decimal(38, 6)
        ) as sum_of_numbers
    from {{ ref('int_item_values') }} as item_values
    inner join outdated on item_values.return_id = outdated.return_id
    group by item_values.return_id

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

-- A row without a question for each return, which holds the inputs of those that have no value, and one for each
-- straight line.
select
    outdated.return_id,
    '' as question_code,
    0 as scale,
    counted.n_values,
    counted.n_numbers,
    counted.n_texts,
    counted.sum_of_numbers,
    cast(null as {{ type_text() }}) as answer_text,
    cast(null as bigint) as n_items,
    outdated.inputs
from outdated
left join counted on outdated.return_id = counted.return_id

union all

select
    straight.return_id,
    straight.question_code,
    straight.scale,
    cast(null as bigint) as n_values,
    cast(null as bigint) as n_numbers,
    cast(null as bigint) as n_texts,
    cast(null as decimal(38, 6)) as sum_of_numbers,
    straight.answer_text,
    straight.n_items,
    outdated.inputs
from straight
inner join outdated on straight.return_id = outdated.return_id
