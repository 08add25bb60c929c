with presence as (

    select
        presence.*,
        coalesce(enrolments.succession = 'moved', false) as is_moved,
        lag(presence.mark) over of_enrolment as mark_before,
        first_value(presence.mark) over of_enrolment as first_mark,
        max(case when presence.mark = '1' then 1 else 0 end) over (
            partition by presence.enrolment_id, presence.grouping, presence.group_code
            order by presence.offset_days, presence.occasion_code
            rows between unbounded preceding and 1 preceding
        ) as has_returned_before
    from {{ ref('int_occasion_presence') }} as presence
    left join {{ ref('dim_enrolment') }} as enrolments on presence.enrolment_id = enrolments.enrolment_id
    window
        of_enrolment as (
            partition by presence.enrolment_id, presence.grouping, presence.group_code
            order by presence.offset_days, presence.occasion_code
        )

),

cohorts as (

    select * from {{ ref('dim_cohort') }}

),

-- A structure whose attribute changes goes on in its own series, and counts in the group of each occasion.
grouped as (

    select * from presence

    union all

    select
        presence.enrolment_id,
        presence.cohort_code,
        attributes.attribute_code as grouping,
        attributes.value as group_code,
        presence.occasion_code,
        presence.months,
        presence.offset_days,
        presence.is_left,
        presence.is_due,
        presence.is_missed,
        presence.is_undecided,
        presence.mark,
        presence.is_moved,
        presence.mark_before,
        presence.first_mark,
        presence.has_returned_before
    from presence
    inner join {{ ref('int_occasion_attributes') }} as attributes
        on presence.enrolment_id = attributes.enrolment_id and presence.occasion_code = attributes.occasion_code
    where presence.grouping = 'filled_by' and presence.group_code = 'structure'

),

counted as (

    select
        cohort_code,
        grouping,
        group_code,
        occasion_code,
        months,
        count(*) as n_enrolled,
        count(case when is_left and not is_due then 1 end) as n_left,
        count(case when is_left and not is_due and is_moved then 1 end) as n_moved,
        count(case when is_due then 1 end) as n_expected,
        count(case when is_due and mark = '1' then 1 end) as n_reported,
        count(case when is_due and mark_before = '1' then 1 end) as n_wave_base,
        count(case when is_due and mark_before = '1' and mark = '1' then 1 end) as n_wave_retained,
        count(case when is_due and first_mark = '1' then 1 end) as n_base,
        count(case when is_due and first_mark = '1' and mark = '1' then 1 end) as n_base_retained,
        count(case when is_left and not is_due and first_mark = '1' then 1 end) as n_base_left,
        count(case when is_due and mark = '1' and mark_before = '0' and has_returned_before = 1 then 1 end)
            as n_returners
    from grouped
    group by cohort_code, grouping, group_code, occasion_code, months

)

select
    counted.cohort_code,
    cohorts.innovation_code,
    counted.grouping,
    counted.group_code,
    counted.occasion_code,
    counted.months,
    counted.n_enrolled,
    counted.n_left,
    counted.n_moved,
    counted.n_expected,
    counted.n_reported,
    counted.n_wave_base,
    counted.n_wave_retained,
    counted.n_base,
    counted.n_base_retained,
    counted.n_base_left,
    counted.n_returners,
    {{ percentage('n_wave_retained', 'n_wave_base') }} as wave_retention_pct,
    {{ percentage('n_base_retained', 'n_base') }} as base_retention_pct,
    -- Rounded again: the difference of two floating-point decimals is not exact.
    floor((100 - {{ percentage('n_base_retained', 'n_base') }}) * 10 + 0.5) / 10 as attrition_pct
from counted
inner join cohorts on counted.cohort_code = cohorts.cohort_code
