{{ config(materialized='view') }}

select
    cohort_code,
    innovation_code,
    months,
    occasion_code,
    indicator_code,
    value,
    missing_reason,
    value_change,
    lower_value,
    upper_value,
    n_enrolled,
    n_expected,
    n_reported,
    balanced_value,
    balanced_change,
    n_balanced,
    is_broken
from {{ ref('int_cohort_indicators') }}
