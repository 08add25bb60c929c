with respondents as (

    select * from {{ ref('int_respondents') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

),

expected_returns as (

    select * from {{ ref('int_expected_returns') }}

)

-- If several respondents are expected, each one counts; otherwise the chosen version.
select
    respondents.return_id,
    respondents.expected_return_id,
    respondents.takes_several,
    current_returns.current_return_id
from respondents
inner join current_returns on respondents.expected_return_id = current_returns.expected_return_id
inner join expected_returns on respondents.expected_return_id = expected_returns.expected_return_id
where
    not expected_returns.is_answered_by_heir
    and respondents.return_id is not null
    and current_returns.current_return_id is not null
    and (respondents.takes_several or respondents.return_id = current_returns.current_return_id)
