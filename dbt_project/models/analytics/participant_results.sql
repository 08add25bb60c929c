with threshold as (

    select coalesce(max(minimum_participants), 0) as minimum_participants
    from {{ ref('stg_programme__rules') }}

),

counts as (

    select
        counts.*,
        threshold.minimum_participants
    from {{ ref('int_participant_counts') }} as counts
    cross join threshold

),

-- One row per table of a measure, and group of persons in it.
groups as (

    select distinct
        innovation_code,
        occasion_code,
        attribute_code,
        attribute_value,
        measure_kind,
        measure_code,
        indicator_code,
        n_people,
        n_known_people,
        n_fewest_asked,
        minimum_participants
    from counts

),

ordered_groups as (

    select
        *,
        n_people > 0 and n_people < minimum_participants as is_few,
        n_known_people > 0 and n_known_people < minimum_participants as is_few_known,
        sum(n_people) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
            order by n_people, attribute_value
            rows between unbounded preceding and current row
        ) - n_people as n_people_of_smaller,
        sum(n_known_people) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
            order by n_known_people, attribute_value
            rows between unbounded preceding and current row
        ) - n_known_people as n_known_of_smaller
    from groups

),

-- The groups that are not shown are, together, all persons less the groups that are: at least the threshold.
few_groups as (

    select
        *,
        -- Each that is small, and the next ones until they are enough persons together.
        is_few or (
            n_people > 0
            and n_people_of_smaller < minimum_participants
            and bool_or(is_few) over (
                partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
            )
        ) as is_group_hidden,
        bool_or(is_few or is_few_known) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
        ) as is_any_few,
        -- Under a condition, who was asked follows from another answer. Nobody and everybody are few, too.
        bool_or(coalesce(n_fewest_asked < minimum_participants, false)) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
        ) as is_any_few_asked
    from ordered_groups

),

own_hidden_groups as (

    select
        *,
        is_group_hidden or is_any_few_asked as is_coverage_hidden,
        is_group_hidden
        or is_any_few_asked
        or is_few_known
        or (n_known_people > 0 and is_any_few and n_known_of_smaller < minimum_participants) as is_hidden
    from few_groups

),

conditions as (

    select distinct
        innovation_code,
        occasion_code,
        indicator_code,
        other_code
    from {{ ref('int_participant_conditions') }}
    where other_code <> ''

),

-- The groups in which the answer that decides who is asked is not shown.
deciding_groups as (

    select distinct
        conditions.innovation_code,
        conditions.occasion_code,
        conditions.indicator_code,
        hidden_groups.attribute_code,
        hidden_groups.attribute_value
    from conditions
    inner join own_hidden_groups as hidden_groups
        on
            conditions.innovation_code = hidden_groups.innovation_code
            and conditions.occasion_code = hidden_groups.occasion_code
            and conditions.other_code = hidden_groups.indicator_code
    where hidden_groups.is_hidden or hidden_groups.is_coverage_hidden

),

hidden_groups as (

    select
        own_hidden_groups.innovation_code,
        own_hidden_groups.occasion_code,
        own_hidden_groups.attribute_code,
        own_hidden_groups.attribute_value,
        own_hidden_groups.measure_kind,
        own_hidden_groups.measure_code,
        own_hidden_groups.is_group_hidden,
        own_hidden_groups.is_coverage_hidden or deciding_groups.indicator_code is not null as is_coverage_hidden,
        own_hidden_groups.is_hidden or deciding_groups.indicator_code is not null as is_hidden
    from own_hidden_groups
    left join deciding_groups
        on {{ is_same('own_hidden_groups', 'deciding_groups', [
            'innovation_code', 'occasion_code', 'indicator_code', 'attribute_code', 'attribute_value'
        ]) }}

),

-- The distribution of the groups that are not shown follows from the others: it is one more that must not disclose.
derivable as (

    select
        counts.innovation_code,
        counts.occasion_code,
        counts.attribute_code,
        counts.measure_kind,
        counts.measure_code,
        counts.value,
        hidden_groups.is_hidden,
        case when hidden_groups.is_hidden then '' else counts.attribute_value end as group_shown,
        counts.minimum_participants,
        counts.indicator_code,
        counts.has_answers,
        sum(counts.n_known_people) as n_known_people,
        -- A sum rests on the persons whose value is not that of all others.
        sum(case when counts.has_answers then counts.n_answer_people else counts.n_apart_people end)
            as n_answer_people
    from counts
    inner join hidden_groups
        on {{ is_same('counts', 'hidden_groups', [
            'innovation_code', 'occasion_code', 'attribute_code', 'attribute_value', 'measure_kind', 'measure_code'
        ]) }}
    where (counts.has_answers or counts.is_numeric) and counts.n_known_people > 0
    group by
        counts.innovation_code,
        counts.occasion_code,
        counts.attribute_code,
        counts.measure_kind,
        counts.measure_code,
        counts.value,
        hidden_groups.is_hidden,
        case when hidden_groups.is_hidden then '' else counts.attribute_value end,
        counts.minimum_participants,
        counts.indicator_code,
        counts.has_answers

),

ordered_values as (

    select
        *,
        n_answer_people < minimum_participants
        or (has_answers and n_known_people - n_answer_people < minimum_participants) as is_small,
        sum(n_answer_people) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code, value
        ) as n_of_value
    from derivable

),

summed_values as (

    select
        *,
        sum(n_answer_people) over (
            partition by
                innovation_code, occasion_code, attribute_code, measure_kind, measure_code, is_hidden, group_shown
            order by n_of_value, value
            rows between unbounded preceding and current row
        ) - n_answer_people as n_of_smaller
    from ordered_values

),

small_values as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        measure_kind,
        measure_code,
        indicator_code,
        has_answers,
        value,
        max(minimum_participants) as minimum_participants,
        bool_or(is_small) as is_small,
        min(n_of_smaller) as n_of_smaller
    from summed_values
    group by
        innovation_code,
        occasion_code,
        attribute_code,
        measure_kind,
        measure_code,
        indicator_code,
        has_answers,
        value

),

-- A value is hidden in all groups or in none, and so is one that is hidden of all persons. The values that are not
-- shown are, together, the known ones less those that are: at least the threshold in each group.
candidates as (

    select
        small_values.*,
        small_values.is_small or coalesce(of_all.is_small, false) as is_primary
    from small_values
    left join small_values as of_all
        on
            small_values.innovation_code = of_all.innovation_code
            and small_values.occasion_code = of_all.occasion_code
            and small_values.measure_kind = of_all.measure_kind
            and small_values.measure_code = of_all.measure_code
            and small_values.value = of_all.value
            and of_all.attribute_code = ''

),

hidden_values as (

    select
        *,
        bool_or(is_primary) over (
            partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
        ) as is_any_primary,
        is_primary
        or (
            n_of_smaller < minimum_participants
            and bool_or(is_primary) over (
                partition by innovation_code, occasion_code, attribute_code, measure_kind, measure_code
            )
        ) as is_hidden
    from candidates

),

whole_hidden_values as (

    select
        hidden_values.*,
        hidden_values.is_hidden or coalesce(of_all.is_hidden, false) as is_value_hidden
    from hidden_values
    left join hidden_values as of_all
        on
            hidden_values.innovation_code = of_all.innovation_code
            and hidden_values.occasion_code = of_all.occasion_code
            and hidden_values.measure_kind = of_all.measure_kind
            and hidden_values.measure_code = of_all.measure_code
            and hidden_values.value = of_all.value
            and of_all.attribute_code = ''

),

-- An outcome is the sum of some values of its indicator: with some of these, it would disclose the others.
partly_hidden as (

    select
        innovation_code,
        occasion_code,
        attribute_code,
        measure_code as indicator_code,
        bool_or(is_value_hidden) as is_any_hidden
    from whole_hidden_values
    where measure_kind = 'indicator' and has_answers
    group by innovation_code, occasion_code, attribute_code, measure_code

),

-- The numbers of persons who are asked are sums of the values, or the outcome, that a condition names.
deciding as (

    select distinct
        conditions.innovation_code,
        conditions.occasion_code,
        conditions.indicator_code,
        whole_hidden_values.attribute_code
    from conditions
    inner join whole_hidden_values
        on
            conditions.innovation_code = whole_hidden_values.innovation_code
            and conditions.occasion_code = whole_hidden_values.occasion_code
            and conditions.other_code = whole_hidden_values.indicator_code
    where whole_hidden_values.is_value_hidden and whole_hidden_values.has_answers

    union

    -- A condition on a number and an outcome of it have other bounds: few persons may be between these.
    select
        conditions.innovation_code,
        conditions.occasion_code,
        conditions.indicator_code,
        counts.attribute_code
    from conditions
    inner join counts
        on
            conditions.innovation_code = counts.innovation_code
            and conditions.occasion_code = counts.occasion_code
            and conditions.other_code = counts.indicator_code
    where
        counts.measure_kind = 'outcome'
        and counts.minimum_participants > 0
        and counts.indicator_code in (
            select of_numbers.indicator_code
            from counts as of_numbers
            where of_numbers.measure_kind = 'indicator' and not of_numbers.has_answers
        )

),

shown as (

    select
        counts.*,
        hidden_groups.is_group_hidden,
        hidden_groups.is_coverage_hidden
        or (
            counts.minimum_participants > 0 and counts.n_people > 0 and deciding.indicator_code is not null
        ) as is_coverage_hidden,
        counts.n_known_people > 0
        and counts.minimum_participants > 0
        and (
            hidden_groups.is_hidden
            or deciding.indicator_code is not null
            or coalesce(whole_hidden_values.is_value_hidden, false)
            or (counts.has_outcome and coalesce(partly_hidden.is_any_hidden, false))
            or (counts.is_second and coalesce(partly_hidden.is_any_hidden, true))
        ) as is_suppressed
    from counts
    inner join hidden_groups
        on {{ is_same('counts', 'hidden_groups', [
            'innovation_code', 'occasion_code', 'attribute_code', 'attribute_value', 'measure_kind', 'measure_code'
        ]) }}
    left join whole_hidden_values
        on {{ is_same('counts', 'whole_hidden_values', [
            'innovation_code', 'occasion_code', 'attribute_code', 'measure_kind', 'measure_code', 'value'
        ]) }}
    left join partly_hidden
        on {{ is_same('counts', 'partly_hidden', [
            'innovation_code', 'occasion_code', 'attribute_code', 'indicator_code'
        ]) }}
    left join deciding
        on {{ is_same('counts', 'deciding', [
            'innovation_code', 'occasion_code', 'attribute_code', 'indicator_code'
        ]) }}

)

select
    shown.innovation_code,
    shown.occasion_code,
    shown.attribute_code,
    shown.attribute_value,
    shown.measure_kind,
    shown.measure_code,
    shown.value,
    innovations.rank as innovation_rank,
    occasions.months,
    occasions.offset_days,
    shown.attribute_rank,
    shown.attribute_value_rank,
    shown.value_rank,
    case when not shown.is_group_hidden then shown.n_persons end as n_persons,
    case when not shown.is_coverage_hidden then shown.n_known end as n_known,
    case when not shown.is_suppressed and shown.n_known > 0 then shown.n_answers end as n_with_value,
    case
        when not shown.is_suppressed and shown.n_known > 0
            then {{ percentage('shown.n_answers', 'shown.n_known') }}
    end as share_pct,
    case when not shown.is_suppressed and shown.is_numeric then shown.value_sum end as value_sum,
    case when not shown.is_suppressed and shown.is_numeric then shown.value_sum / nullif(shown.n_known, 0) end
        as value_mean,
    case
        when shown.is_suppressed or shown.is_coverage_hidden then 'suppressed'
        when shown.n_known > 0 then null
        when shown.n_not_communicated > 0 then 'not_communicated'
        when shown.n_unexplained > 0 then 'unexplained'
        when shown.n_no_return > 0 then 'no_return'
        else 'not_evaluated'
    end as missing_reason,
    case when not shown.is_coverage_hidden then shown.n_not_communicated end as n_not_communicated,
    case when not shown.is_coverage_hidden then shown.n_not_evaluated end as n_not_evaluated,
    case when not shown.is_coverage_hidden then shown.n_unexplained end as n_unexplained,
    case when not shown.is_coverage_hidden then shown.n_no_return end as n_no_return,
    case
        when not shown.is_coverage_hidden
            then
                shown.n_persons - shown.n_known - shown.n_not_communicated - shown.n_not_evaluated
                - shown.n_unexplained - shown.n_no_return
    end as n_other_reasons
from shown
left join {{ ref('dim_innovation') }} as innovations on shown.innovation_code = innovations.innovation_code
left join {{ ref('dim_occasion') }} as occasions on shown.occasion_code = occasions.occasion_code
