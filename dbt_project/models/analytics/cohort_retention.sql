{{ config(materialized='view') }}

select
    cohort_code,
    innovation_code,
    occasion_code,
    months,
    n_enrolled,
    n_left,
    n_moved,
    n_expected,
    n_reported,
    n_wave_base,
    n_wave_retained,
    n_base,
    n_base_retained,
    n_base_left,
    n_returners,
    wave_retention_pct,
    base_retention_pct,
    attrition_pct
from {{ ref('grouped_retention') }}
where grouping = 'filled_by' and group_code = 'structure'
