with crosswalk as (

    select * from {{ ref('stg_programme__crosswalk') }}

),

indicators as (

    select * from {{ ref('stg_programme__indicators') }}

),

-- The crosswalk repeats its lines for each occasion; what an instrument version asks does not depend on it.
asked as (

    select distinct
        crosswalk.instrument_code,
        crosswalk.instrument_version,
        crosswalk.innovation_code,
        crosswalk.item,
        crosswalk.recode,
        crosswalk.indicator_code,
        indicators.kind in ('count', 'number') as is_numeric,
        indicators.is_core
    from crosswalk
    inner join indicators on crosswalk.indicator_code = indicators.indicator_code

)

select
    *,
    count(*) over (
        partition by instrument_code, instrument_version, innovation_code, indicator_code
    ) = 1 as is_only_item
from asked
