with expected_returns as (

    select
        expected_returns.*,
        occasions.months,
        occasions.offset_days,
        expected_returns.state in ('received', 'late', 'nothing_to_report', 'partial', 'quarantined') as has_come
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join {{ ref('stg_programme__occasions') }} as occasions
        on expected_returns.occasion_code = occasions.occasion_code

),

-- Each return belongs to two groups: the returns of whoever fills it in, and those of its instrument.
grouped as (

    select
        'filled_by' as grouping,
        filled_by as group_code,
        enrolment_id,
        cohort_code,
        occasion_code,
        months,
        offset_days,
        state,
        has_come,
        is_due
    from expected_returns

    union all

    select
        'instrument' as grouping,
        instrument_code as group_code,
        enrolment_id,
        cohort_code,
        occasion_code,
        months,
        offset_days,
        state,
        has_come,
        is_due
    from expected_returns

)

select
    enrolment_id,
    cohort_code,
    grouping,
    group_code,
    occasion_code,
    months,
    offset_days,
    bool_or(state = 'left') as is_left,
    bool_or(is_due) as is_due,
    not bool_or(has_come) and bool_or(is_due) and bool_and(state = 'missing' or not is_due) as is_missed,
    -- A return may still come on time, or its source could not be read.
    not bool_or(has_come) and bool_or(is_due and state in ('open', 'unverifiable')) as is_undecided,
    case
        when bool_or(state in ('received', 'late', 'nothing_to_report')) then '1'
        when bool_or(is_due) then '0'
        else '.'
    end as mark
from grouped
group by enrolment_id, cohort_code, grouping, group_code, occasion_code, months, offset_days
