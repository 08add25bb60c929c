with crosswalk as (

    select * from {{ ref('stg_programme__crosswalk') }}

),

indicators as (

    select * from {{ ref('stg_programme__indicators') }}

),

-- The crosswalk repeats its lines for each occasion; what an instrument version asks does not depend on it.
items as (

    select distinct
        instrument_code,
        instrument_version,
        innovation_code,
        item,
        recode,
        indicator_code
    from crosswalk

),

breaks as (

    select distinct
        instrument_code,
        instrument_version,
        indicator_code,
        break_reason
    from crosswalk
    where break_reason is not null

),

-- A series goes on until a later version of the instrument starts another one.
started as (

    select
        items.instrument_code,
        items.instrument_version,
        items.indicator_code,
        max(breaks.instrument_version) as series_version
    from items
    inner join breaks
        on
            items.instrument_code = breaks.instrument_code
            and items.indicator_code = breaks.indicator_code
            and items.instrument_version >= breaks.instrument_version
    group by items.instrument_code, items.instrument_version, items.indicator_code

)

select
    items.instrument_code,
    items.instrument_version,
    items.innovation_code,
    items.item,
    items.recode,
    items.indicator_code,
    indicators.kind in ('count', 'number') as is_numeric,
    indicators.is_core,
    started.instrument_code || '/' || cast(started.series_version as {{ type_text() }}) as series,
    breaks.break_reason
from items
inner join indicators on items.indicator_code = indicators.indicator_code
left join started
    on
        items.instrument_code = started.instrument_code
        and items.instrument_version = started.instrument_version
        and items.indicator_code = started.indicator_code
left join breaks
    on
        started.instrument_code = breaks.instrument_code
        and started.indicator_code = breaks.indicator_code
        and started.series_version = breaks.instrument_version
