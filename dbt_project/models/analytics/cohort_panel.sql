{{ config(materialized='view') }}

select
    panel.enrolment_id,
    panel.cohort_code,
    panel.innovation_code,
    panel.structure_code,
    panel.structure_name,
    panel.occasion_code,
    panel.months,
    panel.phase,
    panel.indicator_code,
    panel.value_number,
    panel.value_text,
    panel.missing_reason,
    panel.obs_status,
    panel.series,
    panel.break_reason,
    panel.is_due,
    panel.is_left,
    panel.return_id,
    coalesce(presence.presence_pattern, '') as presence_pattern,
    coalesce(presence.presence_class, 'too early') as presence_class,
    coalesce(presence.is_balanced, false) as is_balanced
from {{ ref('int_panel') }} as panel
left join {{ ref('int_presence') }} as presence on panel.enrolment_id = presence.enrolment_id
