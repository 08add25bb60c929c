with crosswalk as (

    select * from {{ ref('stg_programme__crosswalk') }}

),

indicators as (

    select * from {{ ref('stg_programme__indicators') }}

),

-- The crosswalk repeats its lines for each occasion; the items of an instrument version do not depend on it.
asked as (

    select distinct
        crosswalk.instrument_code,
        crosswalk.instrument_version,
        crosswalk.innovation_code,
        crosswalk.item,
        crosswalk.recode,
        crosswalk.indicator_code,
        crosswalk.factor,
        indicators.kind in ('count', 'number') as is_numeric,
        indicators.kind = 'date' as is_date,
        -- Whatever their level: a blank response of a participant is as incomplete as one of a structure. The columns
        -- of tables are not in the crosswalk of items: they have many values per return.
        indicators.is_core as is_core_indicator,
        -- What nothing to report makes of a cumulative indicator depends on earlier values, which the panel knows.
        indicators.zero_if_nothing
        and not indicators.is_cumulative
        and indicators.kind in ('count', 'number')
        and indicators.level = 'structure' as is_zero_if_nothing
    from crosswalk
    inner join indicators on crosswalk.indicator_code = indicators.indicator_code

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

-- A series continues until a later version of the instrument starts another.
started as (

    select
        asked.instrument_code,
        asked.instrument_version,
        asked.indicator_code,
        max(breaks.instrument_version) as series_version
    from asked
    inner join breaks
        on
            asked.instrument_code = breaks.instrument_code
            and asked.indicator_code = breaks.indicator_code
            and asked.instrument_version >= breaks.instrument_version
    group by asked.instrument_code, asked.instrument_version, asked.indicator_code

)

select
    asked.instrument_code,
    asked.instrument_version,
    asked.innovation_code,
    asked.item,
    asked.recode,
    asked.indicator_code,
    asked.factor,
    asked.is_numeric,
    asked.is_date,
    coalesce(asked.is_zero_if_nothing, false) as is_zero_if_nothing,
    -- An item that provides several indicators counts once.
    asked.is_core_indicator
    and row_number() over (
        partition by asked.instrument_code, asked.instrument_version, asked.innovation_code, asked.item
        order by case when asked.is_core_indicator then 0 else 1 end, asked.indicator_code
    ) = 1 as is_core,
    started.instrument_code || '/' || cast(started.series_version as {{ type_text() }}) as series,
    breaks.break_reason,
    count(*) over (
        partition by asked.instrument_code, asked.instrument_version, asked.innovation_code, asked.indicator_code
    ) = 1 as is_only_item
from asked
left join started
    on
        asked.instrument_code = started.instrument_code
        and asked.instrument_version = started.instrument_version
        and asked.indicator_code = started.indicator_code
left join breaks
    on
        started.instrument_code = breaks.instrument_code
        and started.indicator_code = breaks.indicator_code
        and started.series_version = breaks.instrument_version
