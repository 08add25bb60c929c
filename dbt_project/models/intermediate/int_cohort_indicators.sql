{{
    config(
        materialized='incremental',
        meta={'inputs_model': 'int_cohort_inputs', 'inputs_key': 'cohort_code'},
        indexes=input_index('cohort_code')
    )
}}

with outdated as (

    select
        cohort_code,
        inputs
    from {{ ref('int_cohort_inputs') }}
    where {{ has_new_inputs() }}

),

indicators as (

    select
        *,
        is_ratio and over_structures = 'sum' as is_pooled
    from {{ ref('dim_indicator') }}
    where over_structures in ('sum', 'mean')

),

cells as (

    select
        panel.enrolment_id,
        panel.cohort_code,
        panel.innovation_code,
        panel.months,
        occasions.offset_days,
        panel.occasion_code,
        panel.indicator_code,
        panel.is_due,
        panel.is_balanced,
        -- A ratio of sums adds up its numerators and its denominators, where both are known.
        case when indicators.is_pooled then derived.numerator else panel.value_number end as value_number,
        case when indicators.is_pooled then derived.denominator end as denominator,
        panel.series,
        panel.missing_reason,
        indicators.over_structures,
        indicators.is_cumulative,
        indicators.accumulates,
        indicators.is_pooled
    from {{ ref('cohort_panel') }} as panel
    inner join outdated on panel.cohort_code = outdated.cohort_code
    inner join indicators on panel.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_occasion') }} as occasions on panel.occasion_code = occasions.occasion_code
    left join {{ ref('int_derived_cells') }} as derived
        on
            panel.enrolment_id = derived.enrolment_id
            and panel.occasion_code = derived.occasion_code
            and panel.indicator_code = derived.indicator_code

),

due_of_cohort as (

    select
        cohort_code,
        occasion_code,
        indicator_code
    from cells
    group by cohort_code, occasion_code, indicator_code
    having bool_or(is_due)

),

due as (

    select
        cells.*,
        cells.is_due and cells.value_number is null and not {{ is_in_no_denominator('cells.missing_reason') }}
            as is_missing
    from cells
    inner join due_of_cohort
        on
            cells.cohort_code = due_of_cohort.cohort_code
            and cells.occasion_code = due_of_cohort.occasion_code
            and cells.indicator_code = due_of_cohort.indicator_code

),

counted as (

    select
        due.cohort_code,
        due.innovation_code,
        due.months,
        due.offset_days,
        due.occasion_code,
        due.indicator_code,
        due.over_structures,
        due.accumulates,
        due.is_pooled,
        count(*) as n_enrolled,
        count(due.value_number) as n_reported,
        count(case when due.is_missing then 1 end) as n_missing,
        -- What does not apply to a period adds nothing to the sum of the periods.
        count(case when due.is_missing and coalesce(due.missing_reason, '') <> 'not_applicable' then 1 end)
            as n_missing_of_period,
        -- A balanced structure has no value where it was not asked.
        count(case when due.is_balanced then due.value_number end) as n_balanced,
        sum(due.value_number) as known_sum,
        sum(due.denominator) as denominator_sum,
        max(due.value_number) as highest_value,
        sum(case when due.is_balanced then due.value_number end) as balanced_sum,
        sum(case when due.is_balanced then due.denominator end) as balanced_denominator_sum,
        min(case when due.value_number is not null then coalesce(due.series, '') end) as one_series,
        max(case when due.value_number is not null then coalesce(due.series, '') end) as another_series
    from due
    group by
        due.cohort_code,
        due.innovation_code,
        due.months,
        due.offset_days,
        due.occasion_code,
        due.indicator_code,
        due.over_structures,
        due.accumulates,
        due.is_pooled

),

-- What a structure last reported is the least that a later, missing value of a cumulative indicator can be.
earlier_values as (

    select
        missing.cohort_code,
        missing.occasion_code,
        missing.indicator_code,
        earlier.value_number,
        coalesce(earlier.series, '') as series,
        row_number() over (
            partition by missing.enrolment_id, missing.occasion_code, missing.indicator_code
            order by earlier.offset_days desc, earlier.occasion_code desc
        ) as recency
    from due as missing
    inner join cells as earlier
        on
            missing.enrolment_id = earlier.enrolment_id
            and missing.indicator_code = earlier.indicator_code
            and (
                missing.offset_days > earlier.offset_days
                or (missing.offset_days = earlier.offset_days and missing.occasion_code > earlier.occasion_code)
            )
    where missing.is_cumulative and missing.is_missing and earlier.value_number is not null

),

broken_indicators as (

    select distinct indicator_code
    from {{ ref('int_asked_items') }}
    where series is not null

),

-- A value of another series is no floor, nor one whose series cannot be compared because nobody reported.
floors as (

    select
        earlier_values.cohort_code,
        earlier_values.occasion_code,
        earlier_values.indicator_code,
        count(*) as n_floors,
        sum(earlier_values.value_number) as floor_sum
    from earlier_values
    inner join counted
        on
            earlier_values.cohort_code = counted.cohort_code
            and earlier_values.occasion_code = counted.occasion_code
            and earlier_values.indicator_code = counted.indicator_code
    left join broken_indicators on earlier_values.indicator_code = broken_indicators.indicator_code
    where
        earlier_values.recency = 1
        and (
            broken_indicators.indicator_code is null
            or (earlier_values.series = counted.one_series and earlier_values.series = counted.another_series)
        )
    group by earlier_values.cohort_code, earlier_values.occasion_code, earlier_values.indicator_code

),

parts as (

    select distinct
        indicator_code,
        part_code
    from {{ ref('stg_programme__parts') }}

),

-- The level of a part, less that of what is derived from it, would disclose the structures that are only in the first.
beside_parts as (

    select
        counted.cohort_code,
        counted.occasion_code,
        counted.indicator_code,
        min(
            case when of_part.n_reported > counted.n_reported then of_part.n_reported - counted.n_reported end
        ) as n_only_in_part
    from counted
    inner join parts on counted.indicator_code = parts.indicator_code
    inner join counted as of_part
        on
            counted.cohort_code = of_part.cohort_code
            and counted.occasion_code = of_part.occasion_code
            and parts.part_code = of_part.indicator_code
    group by counted.cohort_code, counted.occasion_code, counted.indicator_code

),

threshold as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from {{ ref('stg_programme__rules') }}

),

shown as (

    select
        counted.*,
        -- With a threshold of disclosure, no bound may show what single structures reported.
        case when threshold.minimum_structures > 1 then 0 else coalesce(floors.n_floors, 0) end as n_floors,
        case when threshold.minimum_structures > 1 then 0 else coalesce(floors.floor_sum, 0) end as floor_sum,
        counted.n_reported > 0
        and (
            counted.n_reported < threshold.minimum_structures
            or coalesce(beside_parts.n_only_in_part < threshold.minimum_structures, false)
        ) as is_suppressed,
        -- The difference of the two levels would disclose the structures that are in only one of them.
        (counted.n_balanced > 0 and counted.n_balanced < threshold.minimum_structures)
        or (
            counted.n_reported > counted.n_balanced
            and counted.n_reported - counted.n_balanced < threshold.minimum_structures
        ) as is_balanced_suppressed
    from counted
    cross join threshold
    left join floors
        on
            counted.cohort_code = floors.cohort_code
            and counted.occasion_code = floors.occasion_code
            and counted.indicator_code = floors.indicator_code
    left join beside_parts
        on
            counted.cohort_code = beside_parts.cohort_code
            and counted.occasion_code = beside_parts.occasion_code
            and counted.indicator_code = beside_parts.indicator_code

),

exact_levels as (

    select
        *,
        case when not is_suppressed then {{ level_of('known_sum', 'n_reported', 'denominator_sum') }} end
            as exact_value,
        case
            when not is_suppressed and not is_balanced_suppressed
                then {{ level_of('balanced_sum', 'n_balanced', 'balanced_denominator_sum') }}
        end as exact_balanced_value
    from shown

),

levels as (

    select
        *,
        {{ rounded('exact_value') }} as value,
        {{ rounded('exact_balanced_value') }} as balanced_value,
        -- From the first suppressed period on, the sum less the shown periods would disclose it.
        bool_or(is_suppressed) over until_then as is_accumulated_suppressed,
        sum(known_sum) over until_then as sum_until_then,
        sum(n_reported) over until_then as n_reported_until_then,
        sum(n_missing_of_period) over until_then as n_missing_until_then,
        min(one_series) over until_then <> max(another_series) over until_then as is_broken_until_then
    from exact_levels
    window until_then as (partition by cohort_code, indicator_code order by offset_days, occasion_code)

),

beside_the_last as (

    select
        *,
        lag(value) over cohort_and_indicator as previous_value,
        lag(balanced_value) over cohort_and_indicator as previous_balanced_value,
        lag(one_series) over cohort_and_indicator as previous_series,
        lag(another_series) over cohort_and_indicator as previous_other_series
    from levels
    window cohort_and_indicator as (partition by cohort_code, indicator_code order by offset_days, occasion_code)

),

compared as (

    select
        *,
        -- Values are only compared if all of them belong to one series.
        coalesce(
            one_series <> another_series
            or previous_series <> previous_other_series
            or one_series <> previous_series,
            false
        ) as is_broken,
        value - previous_value as difference,
        balanced_value - previous_balanced_value as balanced_difference
    from beside_the_last

)

select
    compared.cohort_code,
    compared.innovation_code,
    compared.months,
    compared.occasion_code,
    compared.indicator_code,
    compared.value,
    case
        when compared.is_suppressed then 'suppressed'
        when compared.n_reported = 0 then 'not_communicated'
        -- The denominators add up to zero.
        when compared.value is null then 'not_applicable'
    end as missing_reason,
    case when not compared.is_broken then {{ rounded('compared.difference') }} end as value_change,
    compared.known_sum,
    compared.highest_value,
    compared.n_missing,
    compared.n_floors,
    compared.floor_sum,
    compared.n_enrolled,
    compared.n_reported + compared.n_missing as n_expected,
    compared.n_reported,
    compared.balanced_value,
    case when not compared.is_broken then {{ rounded('compared.balanced_difference') }} end as balanced_change,
    compared.n_balanced,
    compared.is_broken,
    case when compared.accumulates then compared.sum_until_then end as accumulated_sum,
    case when compared.accumulates then cast(compared.n_reported_until_then as bigint) end as n_accumulated,
    case when compared.accumulates then cast(compared.n_missing_until_then as bigint) end as n_accumulated_missing,
    case when compared.accumulates then compared.is_accumulated_suppressed end as is_accumulated_suppressed,
    case when compared.accumulates then coalesce(compared.is_broken_until_then, false) end as is_accumulated_broken,
    outdated.inputs
from compared
inner join outdated on compared.cohort_code = outdated.cohort_code
