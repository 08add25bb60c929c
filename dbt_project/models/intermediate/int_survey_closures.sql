{{ config(materialized='view') }}

with return_states as (

    select * from {{ ref('int_return_states') }}

),

source_checks as (

    select * from {{ ref('stg_source_checks') }}

),

closures as (

    select
        return_states.expected_return_id,
        source_checks.open_from_on,
        source_checks.open_until_on,
        case
            when source_checks.outcome in ('not_active', 'concluded') then 'not_active'
            -- What could not be read may have come while the survey was open.
            when return_states.state = 'unverifiable' then null
            when {{ as_of() }} > source_checks.open_until_on then 'expired'
            when {{ as_of() }} < source_checks.open_from_on then 'not_started'
        end as survey_closure
    from return_states
    inner join source_checks on return_states.source_id = source_checks.source_id
    where return_states.state in ('open', 'partial', 'missing', 'unverifiable')

)

select
    expected_return_id,
    survey_closure,
    case
        when survey_closure = 'expired' then open_until_on
        when survey_closure = 'not_started' then open_from_on
    end as survey_closure_on
from closures
where survey_closure is not null
