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
    panel.is_unchanged,
    panel.is_due,
    panel.is_left,
    panel.return_id,
    coalesce(presence.presence_pattern, '') as presence_pattern,
    coalesce(presence.presence_class, 'too early') as presence_class,
    coalesce(presence.is_enrolment_balanced, false) as is_enrolment_balanced,
    coalesce(balance.is_balanced, false) as is_balanced
from {{ ref('int_cells') }} as panel
left join {{ ref('enrolment_presence') }} as presence
    on
        panel.enrolment_id = presence.enrolment_id
        and presence.grouping = 'filled_by'
        and presence.group_code = 'structure'
left join {{ ref('int_balanced_indicators') }} as balance
    on panel.enrolment_id = balance.enrolment_id and panel.indicator_code = balance.indicator_code
