with presence as (

    select * from {{ ref('int_occasion_presence') }}

),

enrolments as (

    select * from {{ ref('dim_enrolment') }}

),

-- All patterns of an enrolment have a sign for the same occasions.
asked as (

    select distinct
        enrolment_id,
        occasion_code,
        offset_days
    from presence

),

owing as (

    select
        enrolment_id,
        grouping,
        group_code,
        bool_or(is_left) as is_left,
        bool_and(mark = '1') as is_enrolment_balanced
    from presence
    group by enrolment_id, grouping, group_code

),

patterns as (

    select
        owing.enrolment_id,
        owing.grouping,
        owing.group_code,
        {{ ordered_agg("coalesce(presence.mark, '.')", 'asked.offset_days, asked.occasion_code') }} as presence_pattern
    from owing
    inner join asked on owing.enrolment_id = asked.enrolment_id
    left join presence
        on
            owing.enrolment_id = presence.enrolment_id
            and owing.grouping = presence.grouping
            and owing.group_code = presence.group_code
            and asked.occasion_code = presence.occasion_code
    group by owing.enrolment_id, owing.grouping, owing.group_code

),

due as (

    select
        *,
        row_number() over (
            partition by enrolment_id, grouping, group_code order by offset_days, occasion_code
        ) as place
    from presence
    where is_due

),

decided as (

    select
        *,
        max(case when not is_undecided then place end) over (
            partition by enrolment_id, grouping, group_code
        ) as last_decided
    from due

),

-- The last occasion, up to the last decided one, that is not known to be missed.
broken as (

    select
        *,
        max(case when not is_missed and place <= last_decided then place else 0 end) over (
            partition by enrolment_id, grouping, group_code
        ) as last_break
    from decided

),

misses as (

    select
        enrolment_id,
        grouping,
        group_code,
        count(case when is_missed and place > last_break then 1 end) as n_misses_in_a_row
    from broken
    group by enrolment_id, grouping, group_code

)

select
    owing.enrolment_id,
    enrolments.cohort_code,
    enrolments.innovation_code,
    enrolments.structure_code,
    enrolments.structure_name,
    owing.grouping,
    owing.group_code,
    patterns.presence_pattern,
    case
        when owing.is_left and enrolments.succession = 'moved' then 'moved'
        when owing.is_left then 'leaver'
        when patterns.presence_pattern not like '%0%' and patterns.presence_pattern not like '%1%' then 'too early'
        when patterns.presence_pattern not like '%1%' then 'never'
        when patterns.presence_pattern not like '%0%' then 'always'
        when replace(patterns.presence_pattern, '.', '') like '%1' then 'returner'
        else 'intermittent'
    end as presence_class,
    owing.is_enrolment_balanced,
    coalesce(misses.n_misses_in_a_row, 0) as n_misses_in_a_row
from owing
inner join enrolments on owing.enrolment_id = enrolments.enrolment_id
inner join patterns
    on
        owing.enrolment_id = patterns.enrolment_id
        and owing.grouping = patterns.grouping
        and owing.group_code = patterns.group_code
left join misses
    on
        owing.enrolment_id = misses.enrolment_id
        and owing.grouping = misses.grouping
        and owing.group_code = misses.group_code
