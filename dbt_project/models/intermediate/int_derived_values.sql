{{ config(materialized='view') }}

-- From the values of the parts that consolidated results add up: the last ones, or the sums over the periods.
with of_enrolments as (

    select
        latest_values.*,
        {{ counted_structure('enrolments') }} as counted_structure
    from {{ ref('int_latest_values') }} as latest_values
    inner join {{ ref('dim_enrolment') }} as enrolments on latest_values.enrolment_id = enrolments.enrolment_id
    left join {{ ref('int_included_values') }} as included_values
        on
            latest_values.enrolment_id = included_values.enrolment_id
            and latest_values.indicator_code = included_values.indicator_code
    where included_values.enrolment_id is null

),

-- Of a structure that moved, one part may be of one cohort, and another part of the next one.
latest_values as (

    select
        max(enrolment_id) as enrolment_id,
        counted_structure,
        innovation_code,
        indicator_code,
        sum(value_number) as value_number,
        bool_or(is_expected) as is_expected,
        max(series) as series,
        bool_or(is_broken) or coalesce(
            min(case when value_number is not null then coalesce(series, '') end)
            <> max(case when value_number is not null then coalesce(series, '') end),
            false
        ) as is_broken,
        sum(n_missing_periods) as n_missing_periods
    from of_enrolments
    group by counted_structure, innovation_code, indicator_code

),

indicators as (

    select
        *,
        is_ratio and over_structures = 'sum' as is_pooled
    from {{ ref('dim_indicator') }}
    where formula is not null and publication_rank is not null and over_structures in ('sum', 'mean')

),

parts as (

    select
        parts.*,
        indicators.is_ratio,
        indicators.is_pooled,
        count(*) over (partition by parts.indicator_code) as n_parts
    from {{ ref('stg_programme__parts') }} as parts
    inner join indicators on parts.indicator_code = indicators.indicator_code

),

joined as (

    select
        max(latest_values.enrolment_id) as enrolment_id,
        latest_values.innovation_code,
        parts.indicator_code,
        parts.is_ratio,
        parts.is_pooled,
        count(latest_values.value_number) = parts.n_parts as is_known,
        count(*) = parts.n_parts and bool_and(latest_values.is_expected) as is_expected,
        sum(case when not parts.is_denominator then parts.weight * latest_values.value_number end) as numerator,
        sum(case when parts.is_denominator then parts.weight * latest_values.value_number end) as denominator,
        {{ ordered_agg("parts.part_code || ' ' || latest_values.series", 'parts.rank', ', ') }} as series,
        bool_or(latest_values.is_broken) as is_broken,
        -- The sum over the periods is known in part.
        bool_or(coalesce(latest_values.n_missing_periods, 0) > 0) as is_incomplete
    from latest_values
    inner join parts on latest_values.indicator_code = parts.part_code
    group by
        latest_values.counted_structure,
        latest_values.innovation_code,
        parts.indicator_code,
        parts.is_ratio,
        parts.is_pooled,
        parts.n_parts

)

select
    enrolment_id,
    innovation_code,
    indicator_code,
    -- Of a ratio of sums, what is added up is the numerator, and beside it the denominator.
    case
        when is_known and is_ratio and not is_pooled then numerator / nullif(denominator, 0)
        when is_known then numerator
    end as value_number,
    case when is_known and is_pooled then denominator end as denominator,
    case when is_known then series end as series,
    is_known and coalesce(is_broken, false) as is_broken,
    is_known and is_incomplete as is_incomplete,
    -- A quotient by zero is not missing: there is none.
    is_expected and not coalesce(is_known and is_ratio and not is_pooled and denominator = 0, false) as is_expected
from joined
