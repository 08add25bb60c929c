-- Returns that are not due count nowhere, but keep the row of their occasion.
with expected_returns as (

    select
        enrolment_id,
        cohort_code,
        innovation_code,
        instrument_code,
        occasion_code,
        case
            when not is_due then null
            -- It is returned, on time or late.
            when state = 'nothing_to_report' and arrived_on <= on_time_until_on then 'received'
            when state = 'nothing_to_report' then 'late'
            else state
        end as due_state,
        is_due and state = 'nothing_to_report' as is_nothing_to_report,
        is_originally_due,
        is_originally_due and coalesce(arrived_on <= original_on_time_until_on, false) as is_originally_on_time,
        case when is_due then n_core_items else 0 end as n_core_items,
        case when is_due then n_core_items_with_value else 0 end as n_core_items_with_value
    from {{ ref('fct_expected_return') }}

),

followers as (

    select
        enrolment_id,
        evaluator_code
    from {{ ref('int_followers') }}
    where not is_substitute

),

grouped as (

    select
        'cohort' as grouping,
        cohort_code as group_code,
        occasion_code,
        due_state,
        is_nothing_to_report,
        is_originally_due,
        is_originally_on_time,
        n_core_items,
        n_core_items_with_value
    from expected_returns

    union all

    select
        'innovation' as grouping,
        innovation_code as group_code,
        occasion_code,
        due_state,
        is_nothing_to_report,
        is_originally_due,
        is_originally_on_time,
        n_core_items,
        n_core_items_with_value
    from expected_returns

    union all

    select
        'instrument' as grouping,
        instrument_code as group_code,
        occasion_code,
        due_state,
        is_nothing_to_report,
        is_originally_due,
        is_originally_on_time,
        n_core_items,
        n_core_items_with_value
    from expected_returns

    union all

    select
        'evaluator' as grouping,
        followers.evaluator_code as group_code,
        expected_returns.occasion_code,
        expected_returns.due_state,
        expected_returns.is_nothing_to_report,
        expected_returns.is_originally_due,
        expected_returns.is_originally_on_time,
        expected_returns.n_core_items,
        expected_returns.n_core_items_with_value
    from expected_returns
    inner join followers on expected_returns.enrolment_id = followers.enrolment_id

    union all

    select
        attributes.attribute_code as grouping,
        attributes.value as group_code,
        expected_returns.occasion_code,
        expected_returns.due_state,
        expected_returns.is_nothing_to_report,
        expected_returns.is_originally_due,
        expected_returns.is_originally_on_time,
        expected_returns.n_core_items,
        expected_returns.n_core_items_with_value
    from expected_returns
    inner join {{ ref('int_occasion_attributes') }} as attributes
        on
            expected_returns.enrolment_id = attributes.enrolment_id
            and expected_returns.occasion_code = attributes.occasion_code

),

counted as (

    select
        grouping,
        group_code,
        occasion_code,
        count(due_state) as n_expected,
        count(case when due_state in ('received', 'late') then 1 end) as n_received,
        count(case when due_state = 'received' then 1 end) as n_on_time,
        count(case when due_state = 'late' then 1 end) as n_late,
        count(case when is_nothing_to_report then 1 end) as n_nothing_to_report,
        count(case when due_state = 'partial' then 1 end) as n_partial,
        count(case when due_state = 'quarantined' then 1 end) as n_quarantined,
        count(case when due_state = 'missing' then 1 end) as n_missing,
        count(case when due_state = 'unverifiable' then 1 end) as n_unverifiable,
        count(case when due_state = 'open' then 1 end) as n_open,
        count(case when due_state in ('received', 'late', 'partial') then 1 end) as n_complete_or_partial,
        count(case when is_originally_due then 1 end) as n_originally_expected,
        count(case when is_originally_on_time then 1 end) as n_originally_on_time,
        cast(sum(n_core_items) as bigint) as n_core_items,
        cast(sum(n_core_items_with_value) as bigint) as n_core_items_with_value
    from grouped
    group by grouping, group_code, occasion_code

)

select
    grouping,
    group_code,
    occasion_code,
    n_expected,
    n_received,
    n_on_time,
    n_late,
    n_nothing_to_report,
    n_partial,
    n_quarantined,
    n_missing,
    n_unverifiable,
    n_open,
    n_complete_or_partial,
    n_originally_expected,
    n_originally_on_time,
    n_core_items,
    n_core_items_with_value,
    {{ percentage('n_received', 'n_expected') }} as returned_pct,
    {{ percentage('n_on_time', 'n_expected') }} as on_time_pct,
    {{ percentage('n_originally_on_time', 'n_originally_expected') }} as originally_on_time_pct,
    {{ percentage('n_core_items_with_value', 'n_core_items') }} as usable_pct,
    {{ percentage('n_received', 'n_expected') }} as rr5_pct,
    {{ percentage('n_complete_or_partial', 'n_expected') }} as rr6_pct
from counted
