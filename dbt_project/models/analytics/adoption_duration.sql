with results as (

    select * from {{ ref('stg_programme__results') }}

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

enrolments as (

    select
        enrolments.enrolment_id,
        enrolments.innovation_code,
        enrolments.cohort_code,
        enrolments.left_on,
        {{ counted_structure('enrolments') }} as counted_structure
    from {{ ref('dim_enrolment') }} as enrolments
    inner join results on enrolments.innovation_code = results.innovation_code

),

-- Answers to returns that were due after a structure left do not count.
reported as (

    select
        observations.enrolment_id,
        occasions.months,
        occasions.offset_days > 0 as is_after_training,
        coalesce(observations.value_number > results.above or observations.value_text = results.value, false)
            as is_result
    from {{ ref('fct_observation') }} as observations
    inner join results
        on
            observations.innovation_code = results.innovation_code
            and observations.indicator_code = results.indicator_code
    inner join {{ ref('int_expected_returns') }} as planned
        on observations.expected_return_id = planned.expected_return_id
    inner join occasions on observations.occasion_code = occasions.occasion_code
    inner join enrolments on observations.enrolment_id = enrolments.enrolment_id
    where
        observations.missing_reason is null
        and not planned.is_due_after_leaving

    union all

    -- With nothing to report: a zero by a decision, or a cumulative value that is unchanged.
    select
        panel.enrolment_id,
        panel.months,
        occasions.offset_days > 0 as is_after_training,
        coalesce(panel.value_number > results.above, false) as is_result
    from {{ ref('int_panel') }} as panel
    inner join results
        on panel.innovation_code = results.innovation_code and panel.indicator_code = results.indicator_code
    inner join occasions on panel.occasion_code = occasions.occasion_code
    left join {{ ref('fct_observation') }} as observations
        on panel.return_id = observations.return_id and panel.indicator_code = observations.indicator_code
    where
        panel.value_number is not null
        and observations.value_number is null
        and not panel.is_left

),

-- The training did not bring about a result at its end or before it: such a structure is never at risk.
observed as (

    select
        enrolment_id,
        max(case when is_after_training then months end) as last_months,
        min(case when is_after_training and is_result then months end) as event_months,
        bool_or(is_result and not is_after_training) as is_reached_before,
        bool_or(is_result) as is_reached
    from reported
    group by enrolment_id

),

-- Before the first occasion that asks for the result, nobody can have shown one.
asked as (

    select
        enrolments.innovation_code,
        enrolments.cohort_code,
        min(occasions.months) as first_asked_months
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join {{ ref('int_expected_returns') }} as planned
        on expected_returns.expected_return_id = planned.expected_return_id
    inner join results on expected_returns.innovation_code = results.innovation_code
    inner join {{ ref('int_asked_items') }} as asked_items
        on
            expected_returns.instrument_code = asked_items.instrument_code
            and expected_returns.instrument_version = asked_items.instrument_version
            and expected_returns.innovation_code = asked_items.innovation_code
            and results.indicator_code = asked_items.indicator_code
    inner join occasions on expected_returns.occasion_code = occasions.occasion_code
    inner join enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
    where
        (expected_returns.is_due or expected_returns.current_return_id is not null)
        and not planned.is_due_after_leaving
        and occasions.offset_days > 0
    group by enrolments.innovation_code, enrolments.cohort_code

),

asked_of_each as (

    select
        innovation_code,
        cohort_code,
        first_asked_months
    from asked

    union all

    select
        innovation_code,
        'TOTAL' as cohort_code,
        min(first_asked_months) as first_asked_months
    from asked
    group by innovation_code

),

-- A structure that moved had the result before in each later cohort too, wherever it showed it.
reached as (

    select
        enrolments.*,
        observed.last_months,
        observed.event_months,
        coalesce(observed.is_reached_before, false)
        or coalesce(
            bool_or(observed.is_reached) over (
                partition by enrolments.counted_structure
                order by enrolments.left_on nulls last, enrolments.enrolment_id
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as is_reached_before
    from enrolments
    left join observed on enrolments.enrolment_id = observed.enrolment_id

),

followed as (

    select
        enrolment_id,
        innovation_code,
        cohort_code,
        left_on,
        counted_structure,
        -- Null, so that a structure is never at risk that reported nothing after its training or had the result before.
        case when not is_reached_before then coalesce(event_months, last_months) end as months,
        event_months is not null and not is_reached_before as is_event,
        is_reached_before
    from reached

),

-- A structure that moved counts once in TOTAL: where it showed its first result, else where it reported last, else
-- where it went on.
ranked as (

    select
        *,
        row_number() over (
            partition by counted_structure
            order by
                case when is_event then 0 else 1 end,
                case when is_reached_before then 0 else 1 end,
                case when months is null then 1 else 0 end,
                case when left_on is null then 0 else 1 end,
                left_on desc nulls last,
                enrolment_id desc
        ) as rank_in_structure
    from followed

),

grouped as (

    select
        innovation_code,
        cohort_code,
        months,
        is_event,
        is_reached_before
    from followed

    union all

    select
        innovation_code,
        'TOTAL' as cohort_code,
        months,
        is_event,
        is_reached_before
    from ranked
    where rank_in_structure = 1

),

distinct_months as (

    select distinct months from occasions
    where offset_days > 0

),

counted as (

    select
        grouped.innovation_code,
        grouped.cohort_code,
        occasions.months,
        count(case when not grouped.is_reached_before then 1 end) as n_expected,
        count(case when grouped.is_reached_before then 1 end) as n_reached_before,
        count(grouped.months) as n_reported,
        count(case when grouped.months >= occasions.months then 1 end) as n_at_risk,
        count(case when grouped.is_event and grouped.months = occasions.months then 1 end) as n_events,
        count(case when not grouped.is_event and grouped.months = occasions.months then 1 end) as n_censored,
        count(case when grouped.is_event and grouped.months <= occasions.months then 1 end) as n_events_so_far,
        count(
            case
                when grouped.months > occasions.months or (not grouped.is_event and grouped.months = occasions.months)
                    then 1
            end
        ) as n_known_without
    from grouped
    cross join distinct_months as occasions
    group by grouped.innovation_code, grouped.cohort_code, occasions.months

),

-- Product of the shares without a result, as a sum of logarithms without log(0), and Greenwood's sum.
added as (

    select
        *,
        sum(
            case
                when n_events > 0 and n_events < n_at_risk
                    then ln(1 - cast(n_events as {{ type_double() }}) / n_at_risk)
                else cast(0 as {{ type_double() }})
            end
        ) over so_far as log_without,
        sum(
            case
                when n_events > 0 and n_events < n_at_risk
                    then cast(n_events as {{ type_double() }}) / n_at_risk / (n_at_risk - n_events)
                else cast(0 as {{ type_double() }})
            end
        ) over so_far as greenwood,
        max(case when n_events > 0 and n_events = n_at_risk then 1 else 0 end) over so_far = 1 as is_reached_by_all
    from counted
    window
        so_far as (
            partition by innovation_code, cohort_code order by months
            rows between unbounded preceding and current row
        )

),

-- Where all have shown a result, all still have it at the later occasions, at which nobody is at risk.
estimated as (

    select
        added.*,
        case when added.is_reached_by_all then 0 else exp(added.log_without) end as share_without,
        added.months >= asked_of_each.first_asked_months as is_asked,
        added.months >= asked_of_each.first_asked_months and (added.n_at_risk > 0 or added.is_reached_by_all)
            as is_estimated
    from added
    left join asked_of_each
        on
            added.innovation_code = asked_of_each.innovation_code
            and added.cohort_code = asked_of_each.cohort_code

),

-- A 95 % interval: 1.96 standard errors to each side on the scale of log(-log(S)). It has no width where nobody, or
-- everybody, has shown a result: no interval is given there.
with_deviation as (

    select
        *,
        case when is_estimated and log_without < 0 and not is_reached_by_all then sqrt(greenwood) end as deviation,
        case when log_without < 0 then 1.959963984540054 * sqrt(greenwood) / -log_without end as half_width
    from estimated

),

intervals as (

    select
        *,
        case when deviation is not null then 1 - exp(log_without * exp(-half_width)) end as confidence_lower,
        case when deviation is not null then 1 - exp(log_without * exp(half_width)) end as confidence_upper
    from with_deviation

)

select
    innovation_code,
    cohort_code,
    months,
    case when is_estimated then 1 - share_without end as reached_share,
    share_without * deviation as standard_error,
    confidence_lower,
    confidence_upper,
    min(case when share_without <= 0.5 + 1e-9 then months end) over (
        partition by innovation_code, cohort_code
    ) as median_months,
    -- The months at which the interval of the share reaches one half (Brookmeyer and Crowley).
    min(case when confidence_upper >= 0.5 then months end) over (
        partition by innovation_code, cohort_code
    ) as median_lower_months,
    min(case when confidence_lower >= 0.5 then months end) over (
        partition by innovation_code, cohort_code
    ) as median_upper_months,
    n_at_risk,
    n_events,
    n_censored,
    n_reported,
    n_expected,
    n_reached_before,
    case when is_asked then cast(n_events_so_far as {{ type_double() }}) / nullif(n_expected, 0) end as lower_value,
    case when is_asked then cast(n_expected - n_known_without as {{ type_double() }}) / nullif(n_expected, 0) end
        as upper_value
from intervals
