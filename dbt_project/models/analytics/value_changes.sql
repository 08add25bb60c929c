{{ config(materialized='view') }}

with known as (

    select
        panel.*,
        lag(panel.value_number) over of_series as previous_value,
        lag(panel.occasion_code) over of_series as previous_occasion_code,
        lag(panel.months) over of_series as previous_months,
        lag(panel.series) over of_series as previous_series
    from {{ ref('cohort_panel') }} as panel
    inner join {{ ref('dim_occasion') }} as occasions on panel.occasion_code = occasions.occasion_code
    where panel.value_number is not null
    window
        of_series as (
            partition by panel.enrolment_id, panel.indicator_code
            order by occasions.offset_days, panel.occasion_code
        )

)

select
    enrolment_id,
    occasion_code,
    indicator_code,
    cohort_code,
    innovation_code,
    structure_code,
    structure_name,
    months,
    value_number as value,
    previous_occasion_code,
    previous_months,
    previous_value,
    value_number - previous_value as value_change,
    is_unchanged,
    -- A derived value has no series of its own.
    coalesce(series <> previous_series, false) as is_broken,
    return_id
from known
