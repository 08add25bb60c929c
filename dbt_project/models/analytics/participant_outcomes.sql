{{ config(materialized='view') }}

select
    enrolment_id,
    cohort_code,
    innovation_code,
    occasion_code,
    months,
    pseudonym,
    key_version,
    is_seen,
    was_seen_before,
    entered_work,
    entered_work_missing_reason,
    contract_kind,
    contract_kind_missing_reason,
    in_training,
    in_training_missing_reason,
    first_in_work_occasion_code,
    first_in_work_months,
    return_id
from {{ ref('int_participant_paths') }}
