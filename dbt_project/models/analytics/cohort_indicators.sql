{{ config(materialized='view') }}

with indicators as (

    select * from {{ ref('dim_indicator') }}
    where over_structures in ('sum', 'mean')

),

cells as (

    select
        panel.*,
        indicators.over_structures,
        indicators.minimum,
        indicators.maximum,
        bool_or(panel.is_due) over (
            partition by panel.cohort_code, panel.occasion_code, panel.indicator_code
        ) as is_due_of_cohort
    from {{ ref('cohort_panel') }} as panel
    inner join indicators on panel.indicator_code = indicators.indicator_code

),

due as (

    select
        *,
        -- Balanced: those that told the indicator at each occasion at which it has fallen due of the cohort.
        count(value_number) over (partition by enrolment_id, indicator_code)
        = count(*) over (partition by enrolment_id, indicator_code) as is_told_throughout
    from cells
    where is_due_of_cohort

),

counted as (

    select
        cohort_code,
        innovation_code,
        months,
        occasion_code,
        indicator_code,
        over_structures,
        minimum,
        maximum,
        count(*) as n_enrolled,
        count(case when is_due or value_number is not null then 1 end) as n_expected,
        count(value_number) as n_reported,
        count(case when is_told_throughout then 1 end) as n_balanced,
        sum(value_number) as known_sum,
        sum(case when is_told_throughout then value_number end) as balanced_sum,
        min(case when value_number is not null then coalesce(series, '') end) as one_series,
        max(case when value_number is not null then coalesce(series, '') end) as another_series
    from due
    group by
        cohort_code,
        innovation_code,
        months,
        occasion_code,
        indicator_code,
        over_structures,
        minimum,
        maximum

),

threshold as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from {{ ref('stg_programme__rules') }}

),

shown as (

    select
        counted.*,
        counted.n_reported > 0 and counted.n_reported < threshold.minimum_structures as is_suppressed,
        -- The difference of the two levels would tell of those that are in one of them only.
        (counted.n_balanced > 0 and counted.n_balanced < threshold.minimum_structures)
        or (
            counted.n_reported > counted.n_balanced
            and counted.n_reported - counted.n_balanced < threshold.minimum_structures
        ) as is_balanced_suppressed
    from counted
    cross join threshold

),

levels as (

    select
        *,
        case when not is_suppressed then {{ added_up('known_sum', 'n_reported') }} end as value,
        case when not is_suppressed and not is_balanced_suppressed then {{ added_up('balanced_sum', 'n_balanced') }} end
            as balanced_value,
        case
            when not is_suppressed
                then {{ added_up(with_missing('known_sum', 'n_expected - n_reported', 'minimum'), 'n_expected') }}
        end as lower_value,
        case
            when not is_suppressed
                then {{ added_up(with_missing('known_sum', 'n_expected - n_reported', 'maximum'), 'n_expected') }}
        end as upper_value
    from shown

),

beside_the_last as (

    select
        *,
        lag(value) over cohort_and_indicator as previous_value,
        lag(balanced_value) over cohort_and_indicator as previous_balanced_value,
        lag(one_series) over cohort_and_indicator as previous_series,
        lag(another_series) over cohort_and_indicator as previous_other_series
    from levels
    window cohort_and_indicator as (partition by cohort_code, indicator_code order by months, occasion_code)

),

compared as (

    select
        *,
        -- What is compared is all of one series, or it is not compared.
        coalesce(
            one_series <> another_series
            or previous_series <> previous_other_series
            or one_series <> previous_series,
            false
        ) as is_broken
    from beside_the_last

)

select
    cohort_code,
    innovation_code,
    months,
    occasion_code,
    indicator_code,
    value,
    case
        when is_suppressed then 'suppressed'
        when n_reported = 0 then 'not_communicated'
    end as missing_reason,
    case when not is_broken then value - previous_value end as value_change,
    lower_value,
    upper_value,
    n_enrolled,
    n_expected,
    n_reported,
    balanced_value,
    case when not is_broken then balanced_value - previous_balanced_value end as balanced_change,
    n_balanced,
    is_broken
from compared
