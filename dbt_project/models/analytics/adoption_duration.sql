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
        enrolments.left_on
    from {{ ref('dim_enrolment') }} as enrolments
    inner join results on enrolments.innovation_code = results.innovation_code

),

-- Answers to returns that were due after a structure left do not count.
observed as (

    select
        observations.enrolment_id,
        max(occasions.months) as last_months,
        min(
            case
                when observations.value_number > results.above or observations.value_text = results.value
                    then occasions.months
            end
        ) as event_months
    from {{ ref('fct_observation') }} as observations
    inner join results
        on
            observations.innovation_code = results.innovation_code
            and observations.indicator_code = results.indicator_code
    inner join {{ ref('fct_expected_return') }} as expected_returns
        on observations.expected_return_id = expected_returns.expected_return_id
    inner join occasions on observations.occasion_code = occasions.occasion_code
    inner join enrolments on observations.enrolment_id = enrolments.enrolment_id
    where
        observations.missing_reason is null
        and (enrolments.left_on is null or expected_returns.due_on <= enrolments.left_on)
    group by observations.enrolment_id

),

followed as (

    select
        enrolments.innovation_code,
        enrolments.cohort_code,
        coalesce(observed.event_months, observed.last_months, 0) as months,
        observed.event_months is not null as is_event,
        observed.enrolment_id is not null as is_observed
    from enrolments
    left join observed on enrolments.enrolment_id = observed.enrolment_id

),

grouped as (

    select
        innovation_code,
        cohort_code,
        months,
        is_event,
        is_observed
    from followed

    union all

    select
        innovation_code,
        'TOTAL' as cohort_code,
        months,
        is_event,
        is_observed
    from followed

),

distinct_months as (

    select distinct months from occasions

),

counted as (

    select
        grouped.innovation_code,
        grouped.cohort_code,
        occasions.months,
        count(*) as n_enrolled,
        count(case when grouped.is_observed then 1 end) as n_reported,
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

-- Product of the shares without a result, as a sum of logarithms without log(0).
estimated as (

    select
        *,
        case
            when
                min(case when n_events > 0 and n_events = n_at_risk then 0 else 1 end) over (
                    partition by innovation_code, cohort_code order by months
                    rows between unbounded preceding and current row
                ) = 0
                then 0
            else
                exp(
                    sum(
                        case
                            when n_events > 0 and n_events < n_at_risk
                                then ln(1 - cast(n_events as {{ type_double() }}) / n_at_risk)
                            else cast(0 as {{ type_double() }})
                        end
                    ) over (
                        partition by innovation_code, cohort_code order by months
                        rows between unbounded preceding and current row
                    )
                )
        end as share_without
    from counted

)

select
    innovation_code,
    cohort_code,
    months,
    case when n_at_risk > 0 then 1 - share_without end as reached_share,
    n_at_risk,
    n_events,
    n_censored,
    n_reported,
    n_enrolled as n_expected,
    cast(n_events_so_far as {{ type_double() }}) / n_enrolled as lower_value,
    cast(n_enrolled - n_known_without as {{ type_double() }}) / n_enrolled as upper_value
from estimated
