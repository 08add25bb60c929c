{{ config(materialized='view') }}

with criteria as (

    -- A choice whose values are those of the adoption scale.
    select indicator_code
    from {{ ref('stg_programme__values') }}
    group by indicator_code
    having
        max(case when value = 'adopted' then 1 else 0 end) = 1
        and min(case when value in ('adopted', 'in_progress', 'partial', 'no') then 1 else 0 end) = 1

),

phases as (

    -- An occasion belongs to the phase that closes at it or next after it. One at the end of the training or before it
    -- shows nothing of a phase that closes afterwards.
    select
        occasions.occasion_code,
        occasions.offset_days,
        min(closing.phase) as phase
    from {{ ref('dim_occasion') }} as occasions
    inner join {{ ref('dim_occasion') }} as closing
        on
            occasions.offset_days <= closing.offset_days
            and closing.phase is not null
            and (occasions.offset_days > 0 or closing.offset_days <= 0)
    group by occasions.occasion_code, occasions.offset_days

),

asked as (

    select
        panel.*,
        phases.phase as phase_of_occasion,
        row_number() over (
            partition by panel.enrolment_id, panel.indicator_code, phases.phase
            order by
                case when panel.value_text is not null then 0 when panel.is_due then 1 else 2 end asc,
                phases.offset_days desc,
                panel.occasion_code asc
        ) as preference,
        bool_or(panel.is_due) over (
            partition by panel.enrolment_id, panel.indicator_code, phases.phase
        ) as is_due_in_phase
    from {{ ref('cohort_panel') }} as panel
    inner join criteria on panel.indicator_code = criteria.indicator_code
    inner join phases on panel.occasion_code = phases.occasion_code
    where
        panel.return_id is not null
        or panel.missing_reason is null
        or panel.missing_reason not in ('not_evaluated', 'not_applicable')

)

select
    enrolment_id,
    cohort_code,
    innovation_code,
    structure_code,
    structure_name,
    indicator_code,
    phase_of_occasion as phase,
    occasion_code,
    months,
    coalesce(value_text, case when missing_reason = 'not_shown' then 'not_shown' else 'unknown' end) as adoption,
    missing_reason,
    is_due_in_phase as is_due,
    return_id
from asked
where preference = 1
