-- Figures of all structures have the breakdown '', beside those of each value of an attribute.
with latest as (

    select
        latest_values.enrolment_id,
        latest_values.innovation_code,
        latest_values.indicator_code,
        latest_values.value_number,
        cast(null as {{ type_double() }}) as denominator,
        latest_values.series,
        latest_values.is_broken,
        latest_values.is_expected,
        false as is_by_zero,
        false as has_unpaired_values,
        case
            when latest_values.accumulates then latest_values.n_periods
            when latest_values.value_number is not null then 1
            else 0
        end as n_values,
        case
            when latest_values.accumulates then latest_values.n_missing_periods
            when latest_values.is_expected and latest_values.value_number is null then 1
            else 0
        end as n_missing,
        enrolments.structure_code,
        {{ counted_structure('enrolments') }} as counted_structure
    from {{ ref('int_latest_values') }} as latest_values
    inner join {{ ref('dim_enrolment') }} as enrolments on latest_values.enrolment_id = enrolments.enrolment_id
    left join {{ ref('int_included_values') }} as included_values
        on
            latest_values.enrolment_id = included_values.enrolment_id
            and latest_values.indicator_code = included_values.indicator_code
    where included_values.enrolment_id is null

    union all

    select
        derived_values.enrolment_id,
        derived_values.innovation_code,
        derived_values.indicator_code,
        derived_values.value_number,
        derived_values.denominator,
        derived_values.series,
        derived_values.is_broken,
        derived_values.is_expected,
        derived_values.is_by_zero,
        derived_values.has_unpaired_values,
        derived_values.n_values,
        derived_values.n_missing,
        enrolments.structure_code,
        {{ counted_structure('enrolments') }} as counted_structure
    from {{ ref('int_derived_values') }} as derived_values
    inner join {{ ref('dim_enrolment') }} as enrolments on derived_values.enrolment_id = enrolments.enrolment_id

),

attributes as (

    select * from {{ ref('int_current_attributes') }}

),

broken_down as (

    select
        latest.*,
        '' as attribute_code,
        '' as attribute_value
    from latest

    union all

    select
        latest.*,
        attributes.attribute_code,
        attributes.value as attribute_value
    from latest
    inner join attributes on latest.structure_code = attributes.structure_code

),

parts as (

    select * from {{ ref('stg_programme__parts') }}

),

-- The parts of published indicators too: the bounds of these follow from theirs.
indicators as (

    select
        *,
        is_ratio and over_structures = 'sum' as is_pooled
    from {{ ref('dim_indicator') }}
    where
        over_structures in ('sum', 'mean')
        and (publication_rank is not null or indicator_code in (select parts.part_code from parts))

),

groups as (

    select
        innovation_code as group_code,
        innovation_code,
        rank as group_rank
    from {{ ref('dim_innovation') }}

    union all

    select
        'TOTAL' as group_code,
        innovation_code,
        max(rank) over () + 1 as group_rank
    from {{ ref('dim_innovation') }}

),

breakdowns as (

    select
        '' as attribute_code,
        '' as attribute_value

    union all

    select distinct
        attribute_code,
        value as attribute_value
    from attributes

),

-- Every structure counts in its innovation, whatever it has reported.
enrolled as (

    select
        enrolments.innovation_code,
        enrolments.structure_code,
        '' as attribute_code,
        '' as attribute_value
    from {{ ref('dim_enrolment') }} as enrolments

    union all

    select
        enrolments.innovation_code,
        enrolments.structure_code,
        attributes.attribute_code,
        attributes.value as attribute_value
    from {{ ref('dim_enrolment') }} as enrolments
    inner join attributes on enrolments.structure_code = attributes.structure_code

),

structures as (

    select
        groups.group_code,
        groups.group_rank,
        breakdowns.attribute_code,
        breakdowns.attribute_value,
        count(distinct enrolled.structure_code) as n_structures
    from groups
    cross join breakdowns
    left join enrolled
        on
            groups.innovation_code = enrolled.innovation_code
            and breakdowns.attribute_code = enrolled.attribute_code
            and breakdowns.attribute_value = enrolled.attribute_value
    group by groups.group_code, groups.group_rank, breakdowns.attribute_code, breakdowns.attribute_value

),

threshold as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from {{ ref('stg_programme__rules') }}

),

summed as (

    select
        groups.group_code,
        groups.group_rank,
        breakdowns.attribute_code,
        breakdowns.attribute_value,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures,
        indicators.minimum,
        indicators.maximum,
        indicators.formula is not null as is_derived,
        indicators.is_pooled,
        count(broken_down.enrolment_id) as n_structures,
        -- A structure that moved is one, also where values of its cohorts add up.
        count(distinct case when broken_down.value_number is not null then broken_down.counted_structure end)
            as n_reported,
        -- One structure in several cohorts is one structure to whoever could recognise it.
        count(distinct case when broken_down.value_number is not null then broken_down.structure_code end)
            as n_reporting,
        count(distinct case when broken_down.is_expected then broken_down.counted_structure end) as n_expected,
        count(
            distinct case
                when broken_down.is_expected or broken_down.value_number is not null
                    then broken_down.counted_structure
            end
        ) as n_concerned,
        cast(coalesce(sum(broken_down.n_values), 0) as bigint) as n_values,
        cast(coalesce(sum(broken_down.n_missing), 0) as bigint) as n_missing,
        cast(coalesce(sum(broken_down.n_values + broken_down.n_missing), 0) as bigint) as n_concerned_values,
        coalesce(sum(case when ceilings.ceiling is not null then broken_down.n_missing end), 0) as n_ceilings,
        sum(broken_down.n_missing * ceilings.ceiling) as ceiling_sum,
        sum(broken_down.value_number) as known_sum,
        sum(broken_down.denominator) as denominator_sum,
        bool_or(broken_down.is_broken) as is_any_broken,
        count(distinct case when broken_down.is_by_zero then broken_down.structure_code end) as n_by_zero,
        count(distinct case when broken_down.has_unpaired_values then broken_down.structure_code end) as n_unpaired,
        min(case when broken_down.value_number is not null then coalesce(broken_down.series, '') end) as one_series,
        max(case when broken_down.value_number is not null then coalesce(broken_down.series, '') end) as another_series
    from groups
    cross join breakdowns
    cross join indicators
    left join broken_down
        on
            groups.innovation_code = broken_down.innovation_code
            and breakdowns.attribute_code = broken_down.attribute_code
            and breakdowns.attribute_value = broken_down.attribute_value
            and indicators.indicator_code = broken_down.indicator_code
    left join {{ ref('int_ceilings') }} as ceilings
        on
            groups.innovation_code = ceilings.innovation_code
            and indicators.indicator_code = ceilings.indicator_code
    group by
        groups.group_code,
        groups.group_rank,
        breakdowns.attribute_code,
        breakdowns.attribute_value,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures,
        indicators.minimum,
        indicators.maximum,
        indicators.formula,
        indicators.is_pooled

),

ordered as (

    select
        summed.*,
        summed.n_structures = 0 and structures.n_structures = 0 as is_without_structures,
        -- Of the innovations with fewer reports: the one that is suppressed together with this one.
        sum(summed.n_reporting) over (
            partition by
                summed.attribute_code,
                summed.attribute_value,
                summed.indicator_code,
                case when summed.group_code = 'TOTAL' then 1 else 0 end
            order by summed.n_reporting, summed.group_rank, summed.group_code
            rows between unbounded preceding and current row
        ) - summed.n_reporting as n_reporting_of_smaller
    from summed
    inner join structures
        on {{ is_same('summed', 'structures', ['group_code', 'attribute_code', 'attribute_value']) }}

),

-- The figure of a part, less that of what is derived from it, would disclose the structures that are only in the first.
beside_parts as (

    select
        summed.group_code,
        summed.attribute_code,
        summed.attribute_value,
        summed.indicator_code,
        min(
            case
                when of_part.n_reported > summed.n_reported
                    then greatest(of_part.n_reporting - summed.n_reporting, 1)
                -- Nor the periods that are only in the first.
                when indicators.accumulates and of_part.n_values > summed.n_values then greatest(summed.n_unpaired, 1)
            end
        ) as n_only_in_part
    from summed
    inner join parts on summed.indicator_code = parts.indicator_code
    inner join indicators on parts.part_code = indicators.indicator_code
    inner join summed as of_part
        on
            summed.group_code = of_part.group_code
            and summed.attribute_code = of_part.attribute_code
            and summed.attribute_value = of_part.attribute_value
            and parts.part_code = of_part.indicator_code
    group by summed.group_code, summed.attribute_code, summed.attribute_value, summed.indicator_code

),

disclosing as (

    select
        ordered.*,
        threshold.minimum_structures,
        ordered.n_reporting > 0 and ordered.n_reporting < threshold.minimum_structures as is_small,
        -- TOTAL minus the shown figures must not disclose fewer structures than the threshold.
        ordered.group_code <> 'TOTAL'
        and ordered.n_reporting_of_smaller > 0
        and ordered.n_reporting_of_smaller < threshold.minimum_structures as is_beside_a_small,
        coalesce(
            beside_parts.n_only_in_part < threshold.minimum_structures
            or (
                ordered.group_code = 'TOTAL'
                and min(beside_parts.n_only_in_part) over (
                    partition by ordered.attribute_code, ordered.attribute_value, ordered.indicator_code
                ) < threshold.minimum_structures
            ),
            false
        ) as is_close_to_a_part
    from ordered
    cross join threshold
    left join beside_parts
        on
            ordered.group_code = beside_parts.group_code
            and ordered.attribute_code = beside_parts.attribute_code
            and ordered.attribute_value = beside_parts.attribute_value
            and ordered.indicator_code = beside_parts.indicator_code

),

hidden_as_a_whole as (

    select
        *,
        n_reporting > 0 and (is_small or is_beside_a_small or is_close_to_a_part) as is_hidden_as_a_whole
    from disclosing

),

-- The values of an attribute add up to the figure of the innovation: they are shown together, or none of them is.
hidden_rows as (

    select
        *,
        bool_or(n_reporting > 0 and (is_small or is_close_to_a_part)) over (
            partition by group_code, indicator_code, attribute_code
        ) as is_any_small,
        bool_or(attribute_code = '' and is_hidden_as_a_whole) over (
            partition by group_code, indicator_code
        ) as is_whole_hidden
    from hidden_as_a_whole

),

-- And the innovations whose values are not shown must not follow from TOTAL.
hidden_totals as (

    select
        *,
        sum(case when group_code <> 'TOTAL' and (is_any_small or is_whole_hidden) then n_reporting else 0 end) over (
            partition by attribute_code, attribute_value, indicator_code
        ) as n_reporting_hidden
    from hidden_rows

),

hidden as (

    select
        *,
        n_reporting > 0
        and case
            when attribute_code = '' then is_hidden_as_a_whole
            when group_code <> 'TOTAL' then (is_any_small or is_whole_hidden)
            else
                (is_any_small or is_whole_hidden)
                or bool_or(n_reporting_hidden > 0 and n_reporting_hidden < minimum_structures) over (
                    partition by group_code, indicator_code, attribute_code
                )
        end as is_suppressed
    from hidden_totals

),

bounded as (

    select
        *,
        case
            when is_suppressed then null
            -- Without structures a sum is zero; a mean and a ratio are undefined. Of structures that are never asked,
            -- nothing is known.
            when is_without_structures and over_structures = 'sum' and not coalesce(is_pooled, false) then 0
            else {{ level_of('known_sum', 'n_reported', 'denominator_sum') }}
        end as value,
        case
            when is_suppressed then null
            when is_without_structures and over_structures = 'sum' and not coalesce(is_pooled, false) then 0
            when is_derived or n_structures = 0 then null
            else
                {{
                    sum_or_mean(
                        bounded_sum('known_sum', 'n_missing', 'n_missing * minimum'), 'n_reported + n_missing'
                    )
                }}
        end as lowest_value,
        case
            when is_suppressed then null
            when is_without_structures and over_structures = 'sum' and not coalesce(is_pooled, false) then 0
            when is_derived or n_structures = 0 then null
            else
                {{
                    sum_or_mean(
                        bounded_sum('known_sum', 'n_missing', 'case when n_ceilings = n_missing then ceiling_sum end'),
                        'n_reported + n_missing',
                    )
                }}
        end as highest_value
    from hidden

),

-- Of the same structures only: those of whom all parts are concerned are among those of whom one is.
parts_together as (

    select
        derived.group_code,
        derived.attribute_code,
        derived.attribute_value,
        derived.indicator_code,
        {{ bounds_of_parts('of_part.lowest_value', 'of_part.highest_value') }}
    from hidden as derived
    inner join parts on derived.indicator_code = parts.indicator_code
    inner join bounded as of_part
        on
            derived.group_code = of_part.group_code
            and derived.attribute_code = of_part.attribute_code
            and derived.attribute_value = of_part.attribute_value
            and parts.part_code = of_part.indicator_code
            and derived.n_concerned = of_part.n_concerned
    inner join indicators on parts.part_code = indicators.indicator_code
    where
        derived.over_structures = 'sum'
        -- And of the same periods.
        and (not indicators.accumulates or derived.n_concerned_values = of_part.n_concerned_values)
    group by derived.group_code, derived.attribute_code, derived.attribute_value, derived.indicator_code

),

part_counts as (

    select
        indicator_code,
        count(*) as n_parts
    from parts
    group by indicator_code

),

valued as (

    select
        bounded.*,
        bounded.over_structures = 'mean' or coalesce(bounded.is_pooled, false) as is_scale,
        case when parts_together.n_parts = part_counts.n_parts then {{ lower_bound_of_parts('parts_together') }} end
            as lowest_of_parts,
        case when parts_together.n_parts = part_counts.n_parts then {{ upper_bound_of_parts('parts_together') }} end
            as highest_of_parts
    from bounded
    left join parts_together
        on
            bounded.group_code = parts_together.group_code
            and bounded.attribute_code = parts_together.attribute_code
            and bounded.attribute_value = parts_together.attribute_value
            and bounded.indicator_code = parts_together.indicator_code
    left join part_counts on bounded.indicator_code = part_counts.indicator_code
    where bounded.publication_rank is not null

),

figures as (

    select
        *,
        case
            when is_suppressed or not is_derived then lowest_value
            when n_missing = 0 then value
            else {{ lower_bound_within_limits() }}
        end as lower_value,
        case
            when is_suppressed or not is_derived then highest_value
            when n_missing = 0 then value
            else {{ upper_bound_within_limits() }}
        end as upper_value
    from valued

)

select
    group_code as innovation_code,
    attribute_code,
    attribute_value,
    'structures' as indicator_code,
    group_rank as innovation_rank,
    cast(0 as bigint) as indicator_rank,
    cast(n_structures as {{ type_double() }}) as value,
    cast(null as {{ type_text() }}) as missing_reason,
    n_structures as n_reported,
    n_structures as n_expected,
    cast(n_structures as {{ type_double() }}) as lower_value,
    cast(n_structures as {{ type_double() }}) as upper_value,
    false as is_broken,
    n_structures as n_values,
    n_structures as n_values_expected
from structures

union all

select
    group_code as innovation_code,
    attribute_code,
    attribute_value,
    indicator_code,
    group_rank as innovation_rank,
    publication_rank as indicator_rank,
    {{ rounded('value') }} as value,
    case
        when is_suppressed then 'suppressed'
        when value is not null then null
        when n_reported = 0 and n_expected > 0 then 'not_communicated'
        -- Nor may it be shown of few structures that they reported zero.
        when n_reported = 0 and (n_by_zero = 0 or n_by_zero < minimum_structures) then 'not_evaluated'
        -- The denominators add up to zero.
        else 'not_applicable'
    end as missing_reason,
    n_reported,
    n_expected,
    {{ rounded('lower_value') }} as lower_value,
    {{ rounded('upper_value') }} as upper_value,
    -- A suppressed figure must not disclose anything about its values.
    not is_suppressed
    and (coalesce(one_series <> another_series, false) or coalesce(is_any_broken, false)) as is_broken,
    n_values,
    n_values + n_missing as n_values_expected
from figures
