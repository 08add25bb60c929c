{{ config(materialized='view') }}

select
    enrolment_id,
    cohort_code,
    innovation_code,
    structure_code,
    structure_name,
    occasion_code,
    months,
    phase,
    indicator_code,
    value_number,
    value_text,
    missing_reason,
    obs_status,
    series,
    break_reason,
    is_due,
    is_left,
    return_id,
    presence_pattern,
    presence_class,
    is_balanced
from {{ ref('int_panel') }}
