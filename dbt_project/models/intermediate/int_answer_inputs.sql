{{ config(materialized='table') }}

-- Each run that relinks people loads all of its links at one instant.
with links as (

    select
        return_id,
        max(loaded_at) as linked_at
    from {{ ref('stg_pseudonym_links') }}
    group by return_id

),

counted as (

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        expected_returns.expected_return_id || ' ' || expected_returns.instrument_code || ' '
        || cast(expected_returns.instrument_version as {{ type_text() }}) || ' ' || counted_returns.return_id
        || ' ' || counted_returns.current_return_id
        || case when counted_returns.takes_several then ' several' else '' end
        || coalesce(' ' || cast(links.linked_at as {{ type_text() }}), '') as part
    from {{ ref('int_counted_returns') }} as counted_returns
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    left join links on counted_returns.return_id = links.return_id

),

-- The content of a return never changes, except for the links of its people: its identifier stands for its rows.
shortened as (

    select
        enrolment_id,
        occasion_code,
        cast(md5({{ models_and_programme_hash() }} || ' ' || {{ ordered_agg('part', 'part', ' ') }}) as uuid) as inputs
    from counted
    group by enrolment_id, occasion_code

)

select
    shortened.enrolment_id,
    shortened.occasion_code,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
