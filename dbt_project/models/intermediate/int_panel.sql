{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_panel_inputs', 'inputs_key': 'enrolment_id'},
        indexes=input_index('enrolment_id'),
        pre_hook="{{ hash_joins_only() }}"
    )
}}

with outdated as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_panel_inputs') }}
    where {{ has_new_inputs() }}

),

enrolments as (

    select * from {{ ref('dim_enrolment') }}
    where enrolment_id in (select outdated.enrolment_id from outdated)

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

indicators as (

    -- Indicators of participants have views of their own; derived ones are computed from the rows of their parts.
    select * from {{ ref('dim_indicator') }}
    where level = 'structure' and formula is null

),

asked_items as (

    select * from {{ ref('int_asked_items') }}

),

asked_of_innovation as (

    select distinct
        innovation_code,
        indicator_code
    from asked_items

),

asked_at as (

    select distinct
        innovation_code,
        occasion_code,
        instrument_code,
        instrument_version
    from {{ ref('fct_expected_return') }}

),

asked_indicators as (

    select distinct
        innovation_code,
        instrument_code,
        instrument_version,
        indicator_code,
        series,
        break_reason,
        is_zero_if_nothing
    from asked_items

),

-- Number of instruments that ask an indicator at an occasion: nearly always one, and then there is nothing to rank.
asking as (

    select
        asked_at.innovation_code,
        asked_at.occasion_code,
        asked_at.instrument_code,
        asked_at.instrument_version,
        asked_indicators.indicator_code,
        asked_indicators.series,
        asked_indicators.break_reason,
        asked_indicators.is_zero_if_nothing,
        count(*) over (
            partition by asked_at.innovation_code, asked_at.occasion_code, asked_indicators.indicator_code
        ) as n_asking
    from asked_at
    inner join asked_indicators
        on
            asked_at.innovation_code = asked_indicators.innovation_code
            and asked_at.instrument_code = asked_indicators.instrument_code
            and asked_at.instrument_version = asked_indicators.instrument_version

),

-- Indicators whose values are compared with the previous one, at any earlier occasion.
broken_indicators as (

    select distinct indicator_code
    from asked_items
    where series is not null

),

-- With nothing to report, such an indicator is what it was: a zero would be below it.
unchanged_indicators as (

    select indicator_code
    from indicators
    where is_cumulative and zero_if_nothing

),

observations as (

    select * from {{ ref('int_observations') }}
    where enrolment_id in (select enrolments.enrolment_id from enrolments)

),

reported as (

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        asking.indicator_code,
        asking.series,
        asking.break_reason,
        asking.n_asking,
        expected_returns.is_due,
        expected_returns.state = 'left' as is_left,
        observations.return_id,
        observations.return_id is not null or {{ is_nothing_decided('expected_returns') }} as is_answered,
        case
            when {{ is_nothing_decided('expected_returns') }} and asking.is_zero_if_nothing then 0
            else observations.value_number
        end as value_number,
        observations.value_text,
        case
            when not {{ is_nothing_decided('expected_returns') }} then observations.missing_reason
            when not asking.is_zero_if_nothing then 'nothing_to_report'
        end as missing_reason,
        observations.answered_at
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
    left join outdated
        on
            expected_returns.enrolment_id = outdated.enrolment_id
            and expected_returns.occasion_code = outdated.occasion_code
    inner join asking
        on
            expected_returns.innovation_code = asking.innovation_code
            and expected_returns.occasion_code = asking.occasion_code
            and expected_returns.instrument_code = asking.instrument_code
            and expected_returns.instrument_version = asking.instrument_version
    left join observations
        on
            expected_returns.expected_return_id = observations.expected_return_id
            and asking.indicator_code = observations.indicator_code
    where
        outdated.inputs is not null
        or asking.indicator_code in (select broken_indicators.indicator_code from broken_indicators)
        or asking.indicator_code in (select unchanged_indicators.indicator_code from unchanged_indicators)

),

compared as (

    select
        *,
        bool_or(is_due) over (partition by enrolment_id, occasion_code, indicator_code) as is_any_due,
        bool_and(is_left) over (partition by enrolment_id, occasion_code, indicator_code) as is_each_left,
        -- If two instruments ask an indicator at one occasion, the more informative return counts, then the latest.
        row_number() over (
            partition by enrolment_id, occasion_code, indicator_code
            order by
                case when is_answered then 0 else 1 end asc,
                {{ reason_rank('missing_reason') }} asc,
                answered_at desc nulls last,
                return_id asc nulls last
        ) as preference
    from reported
    where n_asking > 1

),

asked as (

    select
        enrolment_id,
        occasion_code,
        indicator_code,
        is_due,
        is_left,
        is_answered,
        return_id,
        value_number,
        value_text,
        missing_reason,
        series,
        break_reason
    from reported
    where n_asking = 1

    union all

    select
        enrolment_id,
        occasion_code,
        indicator_code,
        is_any_due as is_due,
        is_each_left as is_left,
        is_answered,
        return_id,
        value_number,
        value_text,
        missing_reason,
        series,
        break_reason
    from compared
    where preference = 1

),

cells as (

    select
        enrolments.enrolment_id,
        enrolments.cohort_code,
        enrolments.innovation_code,
        enrolments.structure_code,
        enrolments.structure_name,
        occasions.occasion_code,
        occasions.months,
        occasions.phase,
        indicators.indicator_code,
        asked.value_number,
        asked.value_text,
        case
            when asked.is_answered then asked.missing_reason
            when asked.is_due then 'no_return'
            -- Not due yet, or due after leaving: nothing is missing.
            when asked.indicator_code is not null then null
            when asked_of_innovation.indicator_code is not null then 'not_evaluated'
            else 'not_applicable'
        end as missing_reason,
        coalesce(asked.is_due, false) as is_due,
        coalesce(asked.is_left, false) as is_left,
        asked.return_id,
        -- Only a value belongs to a series.
        case when asked.missing_reason is null and asked.is_answered then asked.series end as series,
        case when asked.missing_reason is null and asked.is_answered then asked.break_reason end as break_reason,
        outdated.inputs
    from outdated
    inner join enrolments on outdated.enrolment_id = enrolments.enrolment_id
    inner join occasions on outdated.occasion_code = occasions.occasion_code
    cross join indicators
    left join asked
        on
            enrolments.enrolment_id = asked.enrolment_id
            and occasions.occasion_code = asked.occasion_code
            and indicators.indicator_code = asked.indicator_code
    left join asked_of_innovation
        on
            enrolments.innovation_code = asked_of_innovation.innovation_code
            and indicators.indicator_code = asked_of_innovation.indicator_code

),

dated as (

    select
        asked.*,
        occasions.offset_days
    from asked
    inner join unchanged_indicators on asked.indicator_code = unchanged_indicators.indicator_code
    inner join occasions on asked.occasion_code = occasions.occasion_code

),

-- Each earlier occasion of a cumulative indicator with nothing to report, the last known value first.
before_nothing as (

    select
        blanks.enrolment_id,
        blanks.occasion_code,
        blanks.indicator_code,
        blanks.series,
        blanks.break_reason,
        coalesce(earlier.series, '') = coalesce(blanks.series, '') as is_same_series,
        earlier.value_number,
        -- Something is due, and what it would be is not known.
        earlier.is_due
        and earlier.value_number is null
        and not (earlier.is_answered and {{ is_in_no_denominator('earlier.missing_reason') }}) as is_unknown,
        row_number() over (
            partition by blanks.enrolment_id, blanks.occasion_code, blanks.indicator_code
            order by
                case when earlier.value_number is null then 1 else 0 end asc,
                earlier.offset_days desc nulls last,
                earlier.occasion_code desc nulls last
        ) as recency
    from dated as blanks
    left join dated as earlier
        on
            blanks.enrolment_id = earlier.enrolment_id
            and blanks.indicator_code = earlier.indicator_code
            and (
                blanks.offset_days > earlier.offset_days
                or (blanks.offset_days = earlier.offset_days and blanks.occasion_code > earlier.occasion_code)
            )
    where blanks.missing_reason = 'nothing_to_report'

),

-- Without an earlier value it is zero, unless one is missing, or is that of the enrolment that this one continues.
unchanged as (

    select
        enrolment_id,
        occasion_code,
        indicator_code,
        series,
        break_reason,
        max(case when recency = 1 and is_same_series then value_number end) as last_value,
        case
            when
                max(value_number) is null
                and not coalesce(bool_or(is_unknown), false)
                and enrolment_id not in (
                    select successions.heir_enrolment_id from {{ ref('stg_programme__successions') }} as successions
                )
                then 0
        end as first_value
    from before_nothing
    group by enrolment_id, occasion_code, indicator_code, series, break_reason

),

beside_the_last as (

    select
        asked.enrolment_id,
        asked.occasion_code,
        asked.indicator_code,
        coalesce(asked.series, '') as series,
        lag(coalesce(asked.series, '')) over (
            partition by asked.enrolment_id, asked.indicator_code
            order by occasions.offset_days, occasions.occasion_code
        ) as previous_series
    from asked
    inner join broken_indicators on asked.indicator_code = broken_indicators.indicator_code
    inner join occasions on asked.occasion_code = occasions.occasion_code
    where asked.value_number is not null or asked.value_text is not null

)

select
    cells.enrolment_id,
    cells.cohort_code,
    cells.innovation_code,
    cells.structure_code,
    cells.structure_name,
    cells.occasion_code,
    cells.months,
    cells.phase,
    cells.indicator_code,
    coalesce(cells.value_number, unchanged.last_value, unchanged.first_value) as value_number,
    cells.value_text,
    case when unchanged.last_value is null and unchanged.first_value is null then cells.missing_reason end
        as missing_reason,
    case
        when beside_the_last.previous_series <> beside_the_last.series then 'B'
        when
            coalesce(cells.value_number, unchanged.last_value, unchanged.first_value) is not null
            or cells.value_text is not null
            then 'A'
        else reasons.obs_status
    end as obs_status,
    case
        when unchanged.last_value is null and unchanged.first_value is null then cells.series
        else unchanged.series
    end as series,
    case
        when unchanged.last_value is null and unchanged.first_value is null then cells.break_reason
        else unchanged.break_reason
    end as break_reason,
    unchanged.last_value is not null as is_unchanged,
    cells.is_due,
    cells.is_left,
    cells.return_id,
    cells.inputs
from cells
left join {{ ref('missing_reason') }} as reasons on cells.missing_reason = reasons.missing_reason
left join unchanged
    on
        cells.enrolment_id = unchanged.enrolment_id
        and cells.occasion_code = unchanged.occasion_code
        and cells.indicator_code = unchanged.indicator_code
left join beside_the_last
    on
        cells.enrolment_id = beside_the_last.enrolment_id
        and cells.occasion_code = beside_the_last.occasion_code
        and cells.indicator_code = beside_the_last.indicator_code
