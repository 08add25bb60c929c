with indicators as (

    select * from {{ ref('dim_indicator') }}
    where over_structures in ('sum', 'mean')

),

innovations as (

    select innovation_code from {{ ref('dim_innovation') }}

),

highest as (

    select
        innovation_code,
        indicator_code,
        max(highest_value) as highest_value
    from {{ ref('int_cohort_indicators') }}
    group by innovation_code, indicator_code

),

threshold as (

    select coalesce(max(minimum_structures), 0) as minimum_structures
    from {{ ref('stg_programme__rules') }}

)

-- A mean of numbers is on a scale, whose end is the maximum. A sum has no such end: its maximum catches typing errors.
-- The highest known value is that of a single structure: with a threshold of disclosure, no bound may show it.
select
    innovations.innovation_code,
    indicators.indicator_code,
    case
        when indicators.kind = 'number' and indicators.over_structures = 'mean' then indicators.maximum
        when threshold.minimum_structures > 1 then indicators.ceiling
        else
            greatest(
                indicators.ceiling,
                coalesce(
                    highest.highest_value,
                    max(highest.highest_value) over (partition by indicators.indicator_code)
                )
            )
    end as ceiling
from innovations
cross join indicators
cross join threshold
left join highest
    on
        innovations.innovation_code = highest.innovation_code
        and indicators.indicator_code = highest.indicator_code
