{{ config(materialized='view') }}

with asked_indicators as (

    select distinct
        instrument_code,
        instrument_version,
        innovation_code,
        indicator_code
    from {{ ref('int_asked_items') }}

),

values_and_reasons as (

    select
        instrument_code,
        occasion_code,
        missing_reason
    from {{ ref('fct_observation') }}

    union all

    -- Each indicator that a return asks which is due and has not come.
    select
        expected_returns.instrument_code,
        expected_returns.occasion_code,
        'no_return' as missing_reason
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked_indicators
        on
            expected_returns.instrument_code = asked_indicators.instrument_code
            and expected_returns.instrument_version = asked_indicators.instrument_version
            and expected_returns.innovation_code = asked_indicators.innovation_code
    where
        expected_returns.is_due
        and expected_returns.current_return_id is null
        and expected_returns.state <> 'nothing_to_report'

),

counted as (

    select
        instrument_code,
        occasion_code,
        missing_reason,
        count(*) as n_values
    from values_and_reasons
    group by instrument_code, occasion_code, missing_reason

),

compared as (

    select
        *,
        cast(sum(n_values) over (partition by instrument_code, occasion_code) as bigint) as n_asked
    from counted

)

select
    instrument_code,
    occasion_code,
    missing_reason,
    n_values as n_missing,
    n_asked,
    {{ percentage('n_values', 'n_asked') }} as missing_pct,
    row_number() over (
        partition by instrument_code, occasion_code order by n_values desc, missing_reason asc
    ) as rank
from compared
where missing_reason is not null
