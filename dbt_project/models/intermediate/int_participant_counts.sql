-- Figures of all persons have the attribute '', beside those of each value of an attribute. Nothing is suppressed here.
with attribute_values as (

    select
        attribute_code,
        rank as attribute_rank,
        indicator_code,
        value as attribute_value,
        value_rank
    from {{ ref('stg_programme__participant_attributes') }}

),

declared_attributes as (

    select distinct
        attribute_code,
        attribute_rank,
        indicator_code
    from attribute_values

),

persons as (

    select
        paths.enrolment_id,
        paths.innovation_code,
        paths.occasion_code,
        paths.pseudonym,
        coalesce(paths.surveyed_by, '') as surveyed_by,
        '' as attribute_code,
        '' as attribute_value,
        cast(null as {{ type_text() }}) as attribute_indicator_code
    from {{ ref('int_participant_paths') }} as paths

    union all

    select
        paths.enrolment_id,
        paths.innovation_code,
        paths.occasion_code,
        paths.pseudonym,
        coalesce(paths.surveyed_by, '') as surveyed_by,
        attributes.attribute_code,
        coalesce(attributes.value, 'unknown') as attribute_value,
        declared_attributes.indicator_code as attribute_indicator_code
    from {{ ref('int_participant_paths') }} as paths
    inner join {{ ref('int_participant_attributes') }} as attributes
        on paths.enrolment_id = attributes.enrolment_id and paths.pseudonym = attributes.pseudonym
    inner join declared_attributes on attributes.attribute_code = declared_attributes.attribute_code

),

outcome_indicators as (

    select distinct
        outcome,
        indicator_code
    from {{ ref('stg_programme__outcomes') }}
    where outcome in ('entered_work', 'in_training')

),

-- The first outcome of an indicator is shown before another one of it.
outcomes as (

    select
        outcome,
        indicator_code,
        row_number() over (partition by indicator_code order by outcome) > 1 as is_second
    from outcome_indicators

),

indicators as (

    select
        indicators.indicator_code,
        indicators.kind in ('count', 'number') as is_numeric,
        indicators.kind = 'choice' as is_choice,
        indicators.minimum,
        indicators.maximum,
        indicators.indicator_code in (select outcomes.indicator_code from outcomes) as has_outcome
    from {{ ref('stg_programme__indicators') }} as indicators
    where indicators.level = 'participant'

),

{% set outcome_columns = ['entered_work', 'in_training'] %}
measured as (

    {% for outcome in outcome_columns %}
        select
            paths.enrolment_id,
            paths.occasion_code,
            paths.pseudonym,
            'outcome' as measure_kind,
            outcomes.outcome as measure_code,
            outcomes.indicator_code,
            false as is_numeric,
            true as has_answers,
            false as has_outcome,
            outcomes.is_second,
            case when paths.{{ outcome }} then 'yes' when not paths.{{ outcome }} then 'no' end as answer,
            cast(null as {{ type_double() }}) as value_number,
            cast(null as {{ type_double() }}) as minimum,
            cast(null as {{ type_double() }}) as maximum,
            paths.{{ outcome }}_missing_reason as missing_reason
        from {{ ref('int_participant_paths') }} as paths
        inner join outcomes on outcomes.outcome = '{{ outcome }}'
        where coalesce(paths.{{ outcome }}_missing_reason, '') <> 'not_applicable'

        union all

    {% endfor %}
    select
        participant_values.enrolment_id,
        participant_values.occasion_code,
        participant_values.pseudonym,
        'indicator' as measure_kind,
        indicators.indicator_code as measure_code,
        indicators.indicator_code,
        indicators.is_numeric,
        indicators.is_choice as has_answers,
        indicators.has_outcome,
        false as is_second,
        participant_values.value_text as answer,
        participant_values.value_number,
        indicators.minimum,
        indicators.maximum,
        participant_values.missing_reason
    from {{ ref('participant_values') }} as participant_values
    inner join indicators on participant_values.indicator_code = indicators.indicator_code

),

-- Per person and indicator that is asked under a condition: what is known of the answers that decide it.
deciding as (

    select
        paths.enrolment_id,
        paths.occasion_code,
        paths.pseudonym,
        conditions.indicator_code,
        bool_or(
            conditions.other_code <> '' and answers.indicator_code is not null and answers.missing_reason is null
        ) as is_any_known,
        -- Of one that was not shown either, what decided that is among the answers.
        bool_and(
            conditions.other_code = ''
            or (answers.indicator_code is not null and coalesce(answers.missing_reason, 'not_shown') = 'not_shown')
        ) as is_each_known
    from {{ ref('int_participant_paths') }} as paths
    inner join {{ ref('int_participant_conditions') }} as conditions
        on
            paths.innovation_code = conditions.innovation_code
            and paths.occasion_code = conditions.occasion_code
            and coalesce(paths.surveyed_by, '') = conditions.surveyed_by
    left join {{ ref('participant_values') }} as answers
        on
            paths.enrolment_id = answers.enrolment_id
            and paths.occasion_code = answers.occasion_code
            and paths.pseudonym = answers.pseudonym
            and conditions.other_code = answers.indicator_code
    group by paths.enrolment_id, paths.occasion_code, paths.pseudonym, conditions.indicator_code

),

-- Figures of an attribute about itself would say nothing.
cells as (

    select
        persons.innovation_code,
        persons.attribute_code,
        persons.attribute_value,
        persons.surveyed_by,
        measured.*,
        coalesce(measured.missing_reason, '') in ('not_shown', 'unknown_if_shown') as is_not_shown,
        -- Of returns that an earlier version loaded, the conditions are not known: a blank that was not shown has one.
        bool_or(
            deciding.indicator_code is not null
            or coalesce(measured.missing_reason, '') in ('not_shown', 'unknown_if_shown')
        ) over (
            partition by
                persons.innovation_code,
                persons.occasion_code,
                persons.surveyed_by,
                measured.measure_kind,
                measured.measure_code
        ) as is_conditional,
        coalesce(deciding.is_any_known, false) as is_any_known,
        coalesce(deciding.is_each_known, true) as is_each_known
    from persons
    inner join measured
        on {{ is_same('persons', 'measured', ['enrolment_id', 'occasion_code', 'pseudonym']) }}
    left join deciding
        on {{ is_same('measured', 'deciding', ['enrolment_id', 'occasion_code', 'pseudonym', 'indicator_code']) }}
    where coalesce(persons.attribute_indicator_code, '') <> measured.indicator_code or measured.measure_kind = 'outcome'

),

counted as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        attribute_value,
        measure_kind,
        measure_code,
        count(*) as n_persons,
        count(distinct pseudonym) as n_people,
        count(case when missing_reason is null then 1 end) as n_known,
        count(distinct case when missing_reason is null then pseudonym end) as n_known_people,
        sum(value_number) as value_sum,
        count(case when missing_reason = 'not_communicated' then 1 end) as n_not_communicated,
        count(case when missing_reason = 'not_evaluated' then 1 end) as n_not_evaluated,
        count(case when missing_reason = 'unexplained' then 1 end) as n_unexplained,
        count(case when missing_reason = 'no_return' then 1 end) as n_no_return,
        count(case when is_not_shown then 1 end) as n_not_shown,
        -- Fewer persons than that have another value than 0, the minimum or the maximum.
        least(
            count(distinct case when value_number <> 0 then pseudonym end),
            count(distinct case when value_number <> coalesce(minimum, 0) then pseudonym end),
            count(distinct case when value_number <> coalesce(maximum, 0) then pseudonym end)
        ) as n_apart_people
    from cells
    group by innovation_code, occasion_code, attribute_code, attribute_value, measure_kind, measure_code

),

-- Tables and each survey ask other persons, under conditions of their own.
asked_of_sources as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        attribute_value,
        measure_kind,
        measure_code,
        surveyed_by,
        bool_or(is_conditional) as is_conditional,
        bool_or(is_any_known or is_not_shown or missing_reason is null) as is_decided,
        count(distinct case when missing_reason is null then pseudonym end) as n_asked_people,
        -- Of whom it is not known what decides it, nobody knows who was not asked.
        count(distinct case when is_not_shown and is_each_known then pseudonym end) as n_not_asked_people
    from cells
    group by
        innovation_code, occasion_code, attribute_code, attribute_value, measure_kind, measure_code, surveyed_by

),

-- Whether one question is asked is the answer to another one: of the fewest persons with an answer of these two.
asked as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        attribute_value,
        measure_kind,
        measure_code,
        min(least(n_asked_people, n_not_asked_people)) as n_fewest_asked
    from asked_of_sources
    where is_conditional and is_decided
    group by innovation_code, occasion_code, attribute_code, attribute_value, measure_kind, measure_code

),

answered as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        attribute_value,
        measure_kind,
        measure_code,
        answer,
        count(*) as n_answers,
        count(distinct pseudonym) as n_answer_people
    from cells
    where has_answers and answer is not null
    group by innovation_code, occasion_code, attribute_code, attribute_value, measure_kind, measure_code, answer

),

measures as (

    select distinct
        innovation_code,
        occasion_code,
        measure_kind,
        measure_code,
        indicator_code,
        is_numeric,
        has_answers,
        has_outcome,
        is_second
    from cells

),

groups as (

    select
        '' as attribute_code,
        '' as attribute_value,
        cast(0 as bigint) as attribute_rank,
        cast(1 as bigint) as attribute_value_rank,
        cast(null as {{ type_text() }}) as indicator_code

    union all

    select
        attribute_code,
        attribute_value,
        attribute_rank,
        value_rank as attribute_value_rank,
        indicator_code
    from attribute_values

),

-- Values that the codebook allowed once, and the persons of whom the attribute is not known.
all_groups as (

    select * from groups

    union all

    select distinct
        persons.attribute_code,
        persons.attribute_value,
        declared_attributes.attribute_rank,
        cast(1000000 as bigint) as attribute_value_rank,
        declared_attributes.indicator_code
    from persons
    inner join declared_attributes on persons.attribute_code = declared_attributes.attribute_code
    left join groups
        on persons.attribute_code = groups.attribute_code and persons.attribute_value = groups.attribute_value
    where groups.attribute_code is null

),

allowed_values as (

    select
        'indicator' as measure_kind,
        indicator_code as measure_code,
        value,
        rank as value_rank
    from {{ ref('stg_programme__values') }}

    union all

    select
        'outcome' as measure_kind,
        outcome as measure_code,
        'yes' as value,
        cast(1 as bigint) as value_rank
    from outcomes

),

values_of_measures as (

    select
        measures.*,
        allowed_values.value,
        allowed_values.value_rank
    from measures
    inner join allowed_values
        on measures.measure_kind = allowed_values.measure_kind and measures.measure_code = allowed_values.measure_code
    where measures.has_answers

    union all

    select
        measures.*,
        '' as value,
        cast(1 as bigint) as value_rank
    from measures
    where not measures.has_answers

    union all

    select distinct
        measures.*,
        answered.answer as value,
        cast(1000000 as bigint) as value_rank
    from measures
    inner join answered
        on {{ is_same('measures', 'answered', ['innovation_code', 'occasion_code', 'measure_kind', 'measure_code']) }}
    left join allowed_values
        on
            answered.measure_kind = allowed_values.measure_kind
            and answered.measure_code = allowed_values.measure_code
            and answered.answer = allowed_values.value
    where allowed_values.measure_code is null and measures.measure_kind = 'indicator'

)

select
    values_of_measures.innovation_code,
    values_of_measures.occasion_code,
    all_groups.attribute_code,
    all_groups.attribute_value,
    values_of_measures.measure_kind,
    values_of_measures.measure_code,
    values_of_measures.value,
    all_groups.attribute_rank,
    all_groups.attribute_value_rank,
    values_of_measures.value_rank,
    values_of_measures.indicator_code,
    values_of_measures.is_numeric,
    values_of_measures.has_answers,
    values_of_measures.has_outcome,
    values_of_measures.is_second,
    coalesce(counted.n_persons, 0) as n_persons,
    coalesce(counted.n_people, 0) as n_people,
    coalesce(counted.n_known, 0) as n_known,
    coalesce(counted.n_known_people, 0) as n_known_people,
    counted.value_sum,
    coalesce(counted.n_not_communicated, 0) as n_not_communicated,
    coalesce(counted.n_not_evaluated, 0) as n_not_evaluated,
    coalesce(counted.n_unexplained, 0) as n_unexplained,
    coalesce(counted.n_no_return, 0) as n_no_return,
    coalesce(counted.n_not_shown, 0) as n_not_shown,
    asked.n_fewest_asked,
    case when values_of_measures.is_numeric then coalesce(counted.n_apart_people, 0) end as n_apart_people,
    case when values_of_measures.has_answers then coalesce(answered.n_answers, 0) end as n_answers,
    case when values_of_measures.has_answers then coalesce(answered.n_answer_people, 0) end as n_answer_people
from values_of_measures
inner join all_groups
    on
        coalesce(all_groups.indicator_code, '') <> values_of_measures.indicator_code
        or values_of_measures.measure_kind = 'outcome'
left join counted
    on
        values_of_measures.innovation_code = counted.innovation_code
        and values_of_measures.occasion_code = counted.occasion_code
        and all_groups.attribute_code = counted.attribute_code
        and all_groups.attribute_value = counted.attribute_value
        and values_of_measures.measure_kind = counted.measure_kind
        and values_of_measures.measure_code = counted.measure_code
left join asked
    on
        values_of_measures.innovation_code = asked.innovation_code
        and values_of_measures.occasion_code = asked.occasion_code
        and all_groups.attribute_code = asked.attribute_code
        and all_groups.attribute_value = asked.attribute_value
        and values_of_measures.measure_kind = asked.measure_kind
        and values_of_measures.measure_code = asked.measure_code
left join answered
    on
        values_of_measures.innovation_code = answered.innovation_code
        and values_of_measures.occasion_code = answered.occasion_code
        and all_groups.attribute_code = answered.attribute_code
        and all_groups.attribute_value = answered.attribute_value
        and values_of_measures.measure_kind = answered.measure_kind
        and values_of_measures.measure_code = answered.measure_code
        and values_of_measures.value = answered.answer
