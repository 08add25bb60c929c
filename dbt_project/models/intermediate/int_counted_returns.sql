with respondents as (

    select * from {{ ref('int_respondents') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

)

-- If several respondents are expected, each one counts; otherwise the chosen version.
select
    respondents.return_id,
    respondents.expected_return_id,
    respondents.takes_several,
    current_returns.current_return_id
from respondents
inner join current_returns on respondents.expected_return_id = current_returns.expected_return_id
where
    respondents.return_id is not null
    and current_returns.current_return_id is not null
    and (respondents.takes_several or respondents.return_id = current_returns.current_return_id)
