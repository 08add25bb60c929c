{{ config(materialized='view') }}

-- From the values of the parts that consolidated results add up: the last ones, or the sums over the periods in which
-- all parts that accumulate are known.
with indicators as (

    select
        *,
        is_ratio and over_structures = 'sum' as is_pooled
    from {{ ref('dim_indicator') }}
    where formula is not null and publication_rank is not null and over_structures in ('sum', 'mean')

),

parts as (

    select
        parts.*,
        part_indicators.accumulates
    from {{ ref('stg_programme__parts') }} as parts
    inner join indicators on parts.indicator_code = indicators.indicator_code
    inner join {{ ref('dim_indicator') }} as part_indicators on parts.part_code = part_indicators.indicator_code

),

part_counts as (

    select
        indicator_code,
        count(case when not accumulates then 1 end) as n_last_parts,
        case when bool_or(accumulates) then 1 else 0 end
        + case when bool_and(accumulates) then 0 else 1 end as n_sides
    from parts
    group by indicator_code

),

included_values as (

    select * from {{ ref('int_included_values') }}

),

-- Where an heir's value includes that of the enrolment for one part, what is left of the other parts is the heir's too:
-- all parts are of the same structures.
heirs_in_order as (

    select
        included_values.enrolment_id,
        included_values.heir_enrolment_id,
        parts.indicator_code,
        row_number() over (
            partition by included_values.enrolment_id, parts.indicator_code
            order by included_values.since_on desc, included_values.heir_enrolment_id asc
        ) as place
    from included_values
    inner join parts on included_values.indicator_code = parts.part_code
    where included_values.heir_enrolment_id is not null

),

heirs as (

    select * from heirs_in_order
    where place = 1

),

enrolments as (

    select
        enrolments.enrolment_id,
        {{ counted_structure('enrolments') }} as counted_structure
    from {{ ref('dim_enrolment') }} as enrolments

),

-- Of a structure that moved, one part may be of one cohort, and another part of the next one.
counted as (

    select
        enrolment_id,
        max(enrolment_id) over (partition by counted_structure) as counted_enrolment_id
    from enrolments

),

last_values as (

    select
        counted.counted_enrolment_id as enrolment_id,
        latest_values.innovation_code,
        parts.indicator_code,
        parts.part_code,
        parts.is_denominator,
        parts.weight,
        parts.rank,
        latest_values.value_number,
        latest_values.series,
        latest_values.is_expected
    from {{ ref('int_latest_values') }} as latest_values
    inner join parts on latest_values.indicator_code = parts.part_code and not parts.accumulates
    left join included_values
        on
            latest_values.enrolment_id = included_values.enrolment_id
            and latest_values.indicator_code = included_values.indicator_code
    left join heirs
        on latest_values.enrolment_id = heirs.enrolment_id and parts.indicator_code = heirs.indicator_code
    inner join counted on coalesce(heirs.heir_enrolment_id, latest_values.enrolment_id) = counted.enrolment_id
    where included_values.enrolment_id is null

),

part_values as (

    select
        enrolment_id,
        innovation_code,
        indicator_code,
        part_code,
        is_denominator,
        weight,
        rank,
        sum(value_number) as value_number,
        count(value_number) > 0
        and count(value_number) = count(case when value_number is not null or is_expected then 1 end) as is_known,
        bool_or(is_expected) as is_expected,
        max(case when value_number is not null then series end) as series,
        coalesce(
            min(case when value_number is not null then coalesce(series, '') end)
            <> max(case when value_number is not null then coalesce(series, '') end),
            false
        ) as is_broken
    from last_values
    group by enrolment_id, innovation_code, indicator_code, part_code, is_denominator, weight, rank

),

-- The parts that do not accumulate, together, and those that do.
sides as (

    select
        part_values.enrolment_id,
        part_values.innovation_code,
        part_values.indicator_code,
        count(*) = part_counts.n_last_parts and bool_and(part_values.is_known) as is_known,
        count(*) = part_counts.n_last_parts and bool_and(part_values.is_expected) as is_expected,
        sum(case when not part_values.is_denominator then part_values.weight * part_values.value_number end)
            as numerator,
        sum(case when part_values.is_denominator then part_values.weight * part_values.value_number end)
            as denominator,
        {{ ordered_agg("part_values.part_code || ' ' || part_values.series", 'part_values.rank', ', ') }} as series,
        bool_or(part_values.is_broken) as is_broken,
        cast(null as bigint) as n_periods,
        cast(null as bigint) as n_missing_periods,
        false as has_unpaired_values
    from part_values
    inner join part_counts on part_values.indicator_code = part_counts.indicator_code
    group by
        part_values.enrolment_id,
        part_values.innovation_code,
        part_values.indicator_code,
        part_counts.n_last_parts

    union all

    select
        counted.counted_enrolment_id as enrolment_id,
        cells.innovation_code,
        cells.indicator_code,
        bool_or(cells.is_period_known) as is_known,
        bool_or(cells.is_period_due) as is_expected,
        sum(cells.period_numerator) as numerator,
        sum(cells.period_denominator) as denominator,
        max(cells.period_series) as series,
        coalesce(
            min(case when cells.is_period_known then coalesce(cells.period_series, '') end)
            <> max(case when cells.is_period_known then coalesce(cells.period_series, '') end),
            false
        ) as is_broken,
        count(case when cells.is_period_known then 1 end) as n_periods,
        count(case when cells.is_period_missing then 1 end) as n_missing_periods,
        bool_or(cells.is_period_unpaired) as has_unpaired_values
    from {{ ref('int_derived_cells') }} as cells
    inner join indicators on cells.indicator_code = indicators.indicator_code
    left join heirs
        on cells.enrolment_id = heirs.enrolment_id and cells.indicator_code = heirs.indicator_code
    inner join counted on coalesce(heirs.heir_enrolment_id, cells.enrolment_id) = counted.enrolment_id
    where cells.is_period_known is not null
    group by counted.counted_enrolment_id, cells.innovation_code, cells.indicator_code

),

joined as (

    select
        sides.enrolment_id,
        sides.innovation_code,
        sides.indicator_code,
        indicators.is_ratio,
        indicators.is_pooled,
        count(*) = part_counts.n_sides and bool_and(sides.is_known) as is_known,
        count(*) = part_counts.n_sides and bool_and(sides.is_expected) as is_expected,
        sum(sides.numerator) as numerator,
        sum(sides.denominator) as denominator,
        {{ ordered_agg('sides.series', 'sides.series', ', ') }} as series,
        bool_or(sides.is_broken) as is_broken,
        max(sides.n_periods) as n_periods,
        max(sides.n_missing_periods) as n_missing_periods,
        bool_or(sides.has_unpaired_values) as has_unpaired_values
    from sides
    inner join indicators on sides.indicator_code = indicators.indicator_code
    inner join part_counts on sides.indicator_code = part_counts.indicator_code
    group by
        sides.enrolment_id,
        sides.innovation_code,
        sides.indicator_code,
        indicators.is_ratio,
        indicators.is_pooled,
        part_counts.n_sides

),

divided as (

    select
        *,
        coalesce(is_known and is_ratio and not is_pooled and denominator = 0, false) as is_by_zero
    from joined

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
    is_known and is_broken as is_broken,
    -- A quotient by zero is not missing: there is none.
    is_expected and not is_by_zero as is_expected,
    is_by_zero,
    case
        when not is_known or is_by_zero then 0
        else coalesce(n_periods, 1)
    end as n_values,
    case
        when is_by_zero then 0
        when is_known then coalesce(n_missing_periods, 0)
        -- None of the periods can be used without the other parts.
        when is_expected then coalesce(n_periods + n_missing_periods, 1)
        else 0
    end as n_missing,
    -- A part is known in a period that does not enter.
    has_unpaired_values
from divided
