{{ config(materialized='view') }}

-- The cells of the indicators that are asked, and of those that are derived from them.
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
    is_unchanged,
    is_due,
    is_left,
    return_id,
    inputs
from {{ ref('int_panel') }}

union all

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
    cast(null as {{ type_text() }}) as value_text,
    missing_reason,
    obs_status,
    series,
    break_reason,
    false as is_unchanged,
    is_due,
    is_left,
    return_id,
    inputs
from {{ ref('int_derived_cells') }}
