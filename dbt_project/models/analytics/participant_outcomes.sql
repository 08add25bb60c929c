{{ config(materialized='view') }}

select
    paths.enrolment_id,
    paths.cohort_code,
    paths.innovation_code,
    paths.occasion_code,
    paths.months,
    paths.pseudonym,
    paths.key_version,
    paths.is_seen,
    paths.was_seen_before,
    paths.entered_work,
    paths.entered_work_missing_reason,
    paths.contract_kind,
    paths.contract_kind_missing_reason,
    paths.in_training,
    paths.in_training_missing_reason,
    -- Not in work at one occasion says nothing of another one that was asked and not answered.
    case
        when paths.first_in_work_occasion_code is not null then true
        when
            bool_or(paths.entered_work is not null) over so_far
            and bool_and(
                paths.entered_work is not null
                or paths.entered_work_missing_reason in ('not_evaluated', 'not_applicable')
            ) over so_far
            then false
    end as ever_in_work,
    paths.first_in_work_occasion_code,
    paths.first_in_work_months,
    paths.return_id
from {{ ref('int_participant_paths') }} as paths
inner join {{ ref('dim_occasion') }} as occasions on paths.occasion_code = occasions.occasion_code
window
    so_far as (
        partition by paths.enrolment_id, paths.pseudonym order by occasions.offset_days, paths.occasion_code
        rows between unbounded preceding and current row
    )
