-- Figures of all structures have the breakdown '', beside those of each value of an attribute.
with latest as (

    select
        latest_values.*,
        enrolments.structure_code
    from {{ ref('int_latest_values') }} as latest_values
    inner join {{ ref('dim_enrolment') }} as enrolments on latest_values.enrolment_id = enrolments.enrolment_id
    left join {{ ref('int_included_values') }} as included_values
        on
            latest_values.enrolment_id = included_values.enrolment_id
            and latest_values.indicator_code = included_values.indicator_code
    where included_values.enrolment_id is null

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

indicators as (

    select * from {{ ref('dim_indicator') }}
    where publication_rank is not null and over_structures in ('sum', 'mean')

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
        count(broken_down.enrolment_id) as n_structures,
        count(broken_down.value_number) as n_reported,
        -- One structure in several cohorts is one structure to whoever could recognise it.
        count(distinct case when broken_down.value_number is not null then broken_down.structure_code end)
            as n_reporting,
        count(case when broken_down.is_expected then 1 end) as n_expected,
        count(case when broken_down.is_expected and broken_down.value_number is null then 1 end) as n_missing,
        count(case when broken_down.is_expected and broken_down.value_number is null then ceilings.ceiling end)
            as n_ceilings,
        sum(case when broken_down.is_expected and broken_down.value_number is null then ceilings.ceiling end)
            as ceiling_sum,
        sum(broken_down.value_number) as known_sum,
        min(case when broken_down.value_number is not null then coalesce(broken_down.series, '') end) as one_series,
        max(case when broken_down.value_number is not null then coalesce(broken_down.series, '') end)
            as another_series
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
        indicators.minimum

),

ordered as (

    select
        summed.*,
        threshold.minimum_structures,
        summed.n_reporting > 0 and summed.n_reporting < threshold.minimum_structures as is_small,
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
    cross join threshold

),

-- TOTAL minus the shown figures must not disclose fewer structures than the threshold.
hidden_alone as (

    select
        *,
        n_reporting > 0 and (
            is_small
            or (
                group_code <> 'TOTAL'
                and n_reporting_of_smaller > 0
                and n_reporting_of_smaller < minimum_structures
            )
        ) as is_hidden
    from ordered

),

-- The values of an attribute add up to the figure of the innovation: they are shown together, or none of them is.
hidden_rows as (

    select
        *,
        bool_or(is_small) over (partition by group_code, indicator_code, attribute_code)
        or bool_or(is_hidden and attribute_code = '') over (partition by group_code, indicator_code) as is_row_hidden
    from hidden_alone

),

-- And the innovations whose values are not shown must not follow from TOTAL.
hidden_totals as (

    select
        *,
        sum(case when group_code <> 'TOTAL' and is_row_hidden then n_reporting else 0 end) over (
            partition by attribute_code, attribute_value, indicator_code
        ) as n_reporting_hidden
    from hidden_rows

),

hidden as (

    select
        *,
        case
            when attribute_code = '' then is_hidden
            when group_code <> 'TOTAL' then is_row_hidden
            else
                is_row_hidden
                or bool_or(n_reporting_hidden > 0 and n_reporting_hidden < minimum_structures) over (
                    partition by group_code, indicator_code, attribute_code
                )
        end and n_reporting > 0 as is_suppressed
    from hidden_totals

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
    false as is_broken
from structures

union all

select
    group_code as innovation_code,
    attribute_code,
    attribute_value,
    indicator_code,
    group_rank as innovation_rank,
    publication_rank as indicator_rank,
    case
        when is_suppressed then null
        -- Without structures a sum is zero; a mean is undefined.
        when n_structures = 0 and over_structures = 'sum' then 0
        else {{ sum_or_mean('known_sum', 'n_reported') }}
    end as value,
    case
        when is_suppressed then 'suppressed'
        when n_reported > 0 or (n_structures = 0 and over_structures = 'sum') then null
        when n_expected > 0 then 'not_communicated'
        else 'not_evaluated'
    end as missing_reason,
    n_reported,
    n_expected,
    case
        when is_suppressed then null
        when n_structures = 0 and over_structures = 'sum' then 0
        else {{ sum_or_mean(bounded_sum('known_sum', 'n_missing', 'n_missing * minimum'), 'n_reported + n_missing') }}
    end as lower_value,
    case
        when is_suppressed then null
        when n_structures = 0 and over_structures = 'sum' then 0
        else
            {{
                sum_or_mean(
                    bounded_sum('known_sum', 'n_missing', 'case when n_ceilings = n_missing then ceiling_sum end'),
                    'n_reported + n_missing',
                )
            }}
    end as upper_value,
    -- A suppressed figure must not disclose anything about its values.
    not is_suppressed and coalesce(one_series <> another_series, false) as is_broken
from hidden
