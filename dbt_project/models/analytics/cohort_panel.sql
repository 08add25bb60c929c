with enrolments as (

    select * from {{ ref('dim_enrolment') }}

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

indicators as (

    -- What participants say is in views of its own.
    select * from {{ ref('dim_indicator') }}
    where level = 'structure'

),

asked_items as (

    select * from {{ ref('int_asked_items') }}

),

presence as (

    select * from {{ ref('int_presence') }}

),

asked_of_innovation as (

    select distinct
        innovation_code,
        indicator_code
    from asked_items

),

asked as (

    select
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        asked_items.indicator_code,
        bool_or(expected_returns.is_due) as is_due,
        bool_and(expected_returns.state = 'left') as is_left
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked_items
        on
            expected_returns.instrument_code = asked_items.instrument_code
            and expected_returns.instrument_version = asked_items.instrument_version
            and expected_returns.innovation_code = asked_items.innovation_code
    group by expected_returns.enrolment_id, expected_returns.occasion_code, asked_items.indicator_code

),

-- Returns that tell an indicator in another series than its first one.
later_series as (

    select
        expected_returns.expected_return_id,
        asked_items.indicator_code,
        asked_items.series,
        asked_items.break_reason
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked_items
        on
            expected_returns.instrument_code = asked_items.instrument_code
            and expected_returns.instrument_version = asked_items.instrument_version
            and expected_returns.innovation_code = asked_items.innovation_code
    where asked_items.series is not null

),

observations as (

    select
        *,
        -- Where two instruments ask one indicator at one occasion, the return that says most counts, then the latest.
        row_number() over (
            partition by enrolment_id, occasion_code, indicator_code
            order by
                {{ reason_rank('missing_reason') }} asc,
                answered_at desc,
                return_id asc
        ) as preference
    from {{ ref('fct_observation') }}

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
        observations.value_number,
        observations.value_text,
        case
            when observations.return_id is not null then observations.missing_reason
            when asked.is_due then 'no_return'
            -- Not due yet, or due after leaving: nothing is missing.
            when asked.indicator_code is not null then null
            when asked_of_innovation.indicator_code is not null then 'not_evaluated'
            else 'not_applicable'
        end as missing_reason,
        coalesce(asked.is_due, false) as is_due,
        coalesce(asked.is_left, false) as is_left,
        observations.return_id,
        case when observations.missing_reason is null then later_series.series end as series,
        case when observations.missing_reason is null then later_series.break_reason end as break_reason,
        coalesce(presence.presence_pattern, '') as presence_pattern,
        coalesce(presence.presence_class, 'too early') as presence_class,
        coalesce(presence.is_balanced, false) as is_balanced
    from enrolments
    cross join occasions
    cross join indicators
    left join asked
        on
            enrolments.enrolment_id = asked.enrolment_id
            and occasions.occasion_code = asked.occasion_code
            and indicators.indicator_code = asked.indicator_code
    left join observations
        on
            enrolments.enrolment_id = observations.enrolment_id
            and occasions.occasion_code = observations.occasion_code
            and indicators.indicator_code = observations.indicator_code
            and observations.preference = 1
    left join later_series
        on
            observations.expected_return_id = later_series.expected_return_id
            and observations.indicator_code = later_series.indicator_code
    left join asked_of_innovation
        on
            enrolments.innovation_code = asked_of_innovation.innovation_code
            and indicators.indicator_code = asked_of_innovation.indicator_code
    left join presence on enrolments.enrolment_id = presence.enrolment_id

),

-- Each value beside the one before it, of indicators of which a series was broken.
compared as (

    select
        enrolment_id,
        occasion_code,
        indicator_code,
        coalesce(series, '') as series,
        lag(coalesce(series, '')) over (
            partition by enrolment_id, indicator_code order by months, occasion_code
        ) as previous_series
    from cells
    where
        (value_number is not null or value_text is not null)
        and indicator_code in (select later_series.indicator_code from later_series)

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
    cells.value_number,
    cells.value_text,
    cells.missing_reason,
    case
        when compared.previous_series <> compared.series then 'B'
        when cells.value_number is not null or cells.value_text is not null then 'A'
        else reasons.obs_status
    end as obs_status,
    cells.series,
    cells.break_reason,
    cells.is_due,
    cells.is_left,
    cells.return_id,
    cells.presence_pattern,
    cells.presence_class,
    cells.is_balanced
from cells
left join {{ ref('missing_reason') }} as reasons on cells.missing_reason = reasons.missing_reason
left join compared
    on
        cells.enrolment_id = compared.enrolment_id
        and cells.occasion_code = compared.occasion_code
        and cells.indicator_code = compared.indicator_code
