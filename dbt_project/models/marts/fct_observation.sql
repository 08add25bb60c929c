{{ config(materialized='view') }}

select
    return_id,
    indicator_code,
    expected_return_id,
    enrolment_id,
    cohort_code,
    innovation_code,
    occasion_code,
    instrument_code,
    item,
    value_number,
    value_text,
    missing_reason,
    n_respondents,
    obs_status,
    answered_at
from {{ ref('int_observations') }}
