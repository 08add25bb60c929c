{{ config(materialized='table') }}

with loaded as (

    select
        returns.return_id,
        returns.loaded_at,
        -- The content of a return never changes: its identifier stands for its answers.
        cast(
            md5(
                {{ models_and_programme_hash() }} || ' ' || returns.return_id
                || ' ' || expected_returns.expected_return_id || ' ' || expected_returns.instrument_code || ' '
                || cast(expected_returns.instrument_version as {{ type_text() }})
                || ' ' || expected_returns.innovation_code
            ) as uuid
        ) as inputs
    from {{ ref('stg_returns') }} as returns
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on returns.expected_return_id = expected_returns.expected_return_id
    where returns.outcome = 'loaded'

)

select
    loaded.return_id,
    loaded.loaded_at,
    loaded.inputs,
    tested.inputs is not null as is_tested
from loaded
left join {{ tested_inputs() }} as tested on loaded.inputs = tested.inputs
