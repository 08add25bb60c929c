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

threshold as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from {{ ref('stg_programme__rules') }}

),

summed as (

    select
        groups.group_code,
        groups.group_rank,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures,
        indicators.minimum,
        count(latest.enrolment_id) as n_structures,
        count(latest.value_number) as n_reported,
        -- One structure in several cohorts is one structure to whoever could recognise it.
        count(distinct case when latest.value_number is not null then latest.structure_code end) as n_reporting,
        count(case when latest.is_expected then 1 end) as n_expected,
        count(case when latest.is_expected and latest.value_number is null then 1 end) as n_missing,
        count(case when latest.is_expected and latest.value_number is null then ceilings.ceiling end) as n_ceilings,
        sum(case when latest.is_expected and latest.value_number is null then ceilings.ceiling end) as ceiling_sum,
        sum(latest.value_number) as known_sum,
        min(case when latest.value_number is not null then coalesce(latest.series, '') end) as one_series,
        max(case when latest.value_number is not null then coalesce(latest.series, '') end) as another_series
    from groups
    cross join indicators
    left join latest
        on
            groups.innovation_code = latest.innovation_code
            and indicators.indicator_code = latest.indicator_code
    left join {{ ref('int_ceilings') }} as ceilings
        on
            groups.innovation_code = ceilings.innovation_code
            and indicators.indicator_code = ceilings.indicator_code
    group by
        groups.group_code,
        groups.group_rank,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures,
        indicators.minimum

),

ordered as (

    select
        *,
        -- Of the innovations with fewer reports: the one that is suppressed together with this one.
        sum(n_reporting) over (
            partition by indicator_code, case when group_code = 'TOTAL' then 1 else 0 end
            order by n_reporting, group_rank, group_code
            rows between unbounded preceding and current row
        ) - n_reporting as n_reporting_of_smaller
    from summed

),

hidden as (

    select
        ordered.*,
        -- TOTAL minus the shown figures must not disclose fewer structures than the threshold.
        ordered.n_reporting > 0 and (
            ordered.n_reporting < threshold.minimum_structures
            or (
                ordered.group_code <> 'TOTAL'
                and ordered.n_reporting_of_smaller > 0
                and ordered.n_reporting_of_smaller < threshold.minimum_structures
            )
        ) as is_suppressed
    from ordered
    cross join threshold

),

structures as (

    select
        groups.group_code,
        groups.group_rank,
        count(distinct enrolments.structure_code) as n_structures
    from groups
    left join {{ ref('dim_enrolment') }} as enrolments on groups.innovation_code = enrolments.innovation_code
    group by groups.group_code, groups.group_rank

)

select
    group_code as innovation_code,
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
