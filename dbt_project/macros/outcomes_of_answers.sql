{#- Common table expressions: the first outcome that a value of an indicator fulfils, and the bounds of numbers. -#}
{% macro outcomes_of_answers() -%}
outcomes_of_values as (

    select
        indicator_code,
        value,
        min(outcome) as outcome
    from {{ ref('stg_programme__outcomes') }}
    where value is not null
    group by indicator_code, value

),

outcomes_of_numbers as (

    select
        indicator_code,
        max(case when outcome = 'entered_work' then above end) as above_for_entered_work,
        max(case when outcome = 'in_training' then above end) as above_for_in_training
    from {{ ref('stg_programme__outcomes') }}
    where above is not null
    group by indicator_code

)
{%- endmacro %}

{#- Rank of an answer: 0 if it fulfils the first outcome, 1 if it fulfils another one, else 2. The outcomes and the
    value of an indicator go by the row with the lowest rank. It reads the expressions of `outcomes_of_answers`. -#}
{% macro outcome_rank(number) -%}
    case
        when outcomes_of_values.outcome = 'entered_work' then 0
        when outcomes_of_numbers.above_for_entered_work is not null
            and {{ number }} > outcomes_of_numbers.above_for_entered_work then 0
        when outcomes_of_values.outcome is not null then 1
        when outcomes_of_numbers.above_for_in_training is not null
            and {{ number }} > outcomes_of_numbers.above_for_in_training then 1
        else 2
    end
{%- endmacro %}
