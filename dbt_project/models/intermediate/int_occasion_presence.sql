with expected_returns as (

    select * from {{ ref('fct_expected_return') }}

),

occasions as (

    select * from {{ ref('stg_programme__occasions') }}

)

select
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    occasions.occasion_code,
    occasions.months,
    bool_or(expected_returns.state = 'left') as is_left,
    bool_or(expected_returns.is_due) as is_due,
    case
        when bool_or(expected_returns.state in ('received', 'late')) then '1'
        when bool_or(expected_returns.is_due) then '0'
        else '.'
    end as mark
from expected_returns
inner join occasions on expected_returns.occasion_code = occasions.occasion_code
group by expected_returns.enrolment_id, expected_returns.cohort_code, occasions.occasion_code, occasions.months
