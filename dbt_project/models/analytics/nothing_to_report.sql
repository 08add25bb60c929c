{{ config(materialized='view') }}

-- Returns that give more than zeros, and reasons why there is no value.
with telling_returns as (

    select distinct counted_returns.expected_return_id
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join {{ ref('int_item_values') }} as item_values on counted_returns.return_id = item_values.return_id
    where item_values.value_number <> 0 or item_values.value_text is not null

    union

    select distinct counted_returns.expected_return_id
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join {{ ref('int_participants') }} as participants on counted_returns.return_id = participants.return_id
    -- The answers of a respondent are compared above.
    where participants.surveyed_by is null

),

expected_returns as (

    select * from {{ ref('fct_expected_return') }}

),

current_returns as (

    select * from {{ ref('int_current_returns') }}

)

select
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    'return' as said_by,
    'counted' as state,
    current_returns.arrived_on as said_on,
    expected_returns.current_return_id as return_id,
    cast(null as {{ type_text() }}) as reason,
    cast(null as {{ type_text() }}) as author
from expected_returns
inner join current_returns on expected_returns.expected_return_id = current_returns.expected_return_id
where expected_returns.state = 'nothing_to_report' and expected_returns.current_return_id is not null

union all

select
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    'decision' as said_by,
    case
        when {{ is_nothing_decided('expected_returns') }} then 'counted'
        when telling_returns.expected_return_id is not null then 'contradicted'
        else 'not_counted'
    end as state,
    decisions.decided_on as said_on,
    expected_returns.current_return_id as return_id,
    decisions.reason,
    decisions.author
from {{ ref('stg_nothing_decided') }} as decisions
inner join expected_returns on decisions.subject_id = expected_returns.expected_return_id
left join telling_returns on expected_returns.expected_return_id = telling_returns.expected_return_id
