with expected_returns as (

    select * from {{ ref('int_return_states') }}

),

occasions as (

    select * from {{ ref('stg_programme__occasions') }}

),

presence as (

    select
        expected_returns.enrolment_id,
        occasions.occasion_code,
        occasions.months,
        bool_or(expected_returns.state = 'left') as is_left,
        case
            when bool_or(expected_returns.state in ('received', 'late')) then '1'
            when bool_or(expected_returns.is_due) then '0'
            else '.'
        end as mark
    from expected_returns
    inner join occasions on expected_returns.occasion_code = occasions.occasion_code
    group by expected_returns.enrolment_id, occasions.occasion_code, occasions.months

),

patterns as (

    select
        enrolment_id,
        bool_or(is_left) as is_left,
        {{ ordered_agg('mark', 'months, occasion_code') }} as presence_pattern
    from presence
    group by enrolment_id

)

select
    enrolment_id,
    presence_pattern,
    case
        when is_left then 'leaver'
        when presence_pattern not like '%0%' and presence_pattern not like '%1%' then 'too early'
        when presence_pattern not like '%1%' then 'never'
        when presence_pattern not like '%0%' then 'always'
        when replace(presence_pattern, '.', '') like '%1' then 'returner'
        else 'intermittent'
    end as presence_class,
    presence_pattern not like '%0%' and presence_pattern not like '%.%' as is_balanced
from patterns
