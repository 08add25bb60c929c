with panel as (

    select * from {{ ref('cohort_panel') }}

),

indicators as (

    select * from {{ ref('dim_indicator') }}
    where publication_rank is not null and over_structures in ('sum', 'mean')

),

dated as (

    select
        panel.*,
        row_number() over (
            partition by panel.enrolment_id, panel.indicator_code
            order by
                case when panel.value_number is null then 1 else 0 end asc,
                panel.months desc,
                panel.occasion_code asc
        ) as recency
    from panel
    inner join indicators on panel.indicator_code = indicators.indicator_code

),

latest as (

    select
        enrolment_id,
        innovation_code,
        indicator_code,
        max(case when recency = 1 then value_number end) as value_number,
        bool_or(is_due) as is_expected
    from dated
    group by enrolment_id, innovation_code, indicator_code

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

summed as (

    select
        groups.group_code,
        groups.group_rank,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures,
        count(latest.enrolment_id) as n_structures,
        count(latest.value_number) as n_reported,
        count(case when latest.is_expected then 1 end) as n_expected,
        case
            when indicators.over_structures = 'mean' then avg(latest.value_number)
            else sum(latest.value_number)
        end as known_value
    from groups
    cross join indicators
    left join latest
        on
            groups.innovation_code = latest.innovation_code
            and indicators.indicator_code = latest.indicator_code
    group by
        groups.group_code,
        groups.group_rank,
        indicators.indicator_code,
        indicators.publication_rank,
        indicators.over_structures

),

structures as (

    select
        groups.group_code,
        groups.group_rank,
        count(enrolments.enrolment_id) as n_structures
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
    n_structures as n_expected
from structures

union all

select
    group_code as innovation_code,
    indicator_code,
    group_rank as innovation_rank,
    publication_rank as indicator_rank,
    case
        -- Without any structure a sum is truly zero; a mean of nothing is not.
        when n_structures = 0 and over_structures = 'sum' then 0
        else known_value
    end as value,
    case
        when n_reported > 0 or (n_structures = 0 and over_structures = 'sum') then null
        when n_expected > 0 then 'not_communicated'
        else 'not_evaluated'
    end as missing_reason,
    n_reported,
    n_expected
from summed
