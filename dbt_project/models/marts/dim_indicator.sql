with indicators as (

    select * from {{ ref('stg_programme__indicators') }}

),

allowed as (

    select
        indicator_code,
        {{ ordered_agg('value', 'rank', '|') }} as allowed_values
    from {{ ref('stg_programme__values') }}
    group by indicator_code

)

select
    indicators.indicator_code,
    -- Whoever reads the other language only sees the other label, or the code.
    coalesce(nullif(indicators.label_fr, ''), nullif(indicators.label_en, ''), indicators.indicator_code) as label_fr,
    coalesce(nullif(indicators.label_en, ''), nullif(indicators.label_fr, ''), indicators.indicator_code) as label_en,
    indicators.level,
    indicators.kind,
    indicators.unit,
    allowed.allowed_values,
    indicators.minimum,
    indicators.maximum,
    indicators.ceiling,
    indicators.is_cumulative,
    indicators.zero_if_nothing,
    indicators.over_structures,
    indicators.over_respondents,
    indicators.is_core,
    indicators.publication_rank,
    indicators.accumulates,
    indicators.formula,
    indicators.is_ratio
from indicators
left join allowed on indicators.indicator_code = allowed.indicator_code
