with table_columns as (

    select * from {{ ref('stg_programme__table_columns') }}

),

outcomes as (

    -- One line for each value at which it is so; the indicator is the same in all.
    select distinct
        outcome,
        indicator_code,
        above
    from {{ ref('stg_programme__outcomes') }}

)

select
    table_columns.instrument_code,
    table_columns.instrument_version,
    table_columns.item,
    table_columns.recode,
    outcomes.outcome,
    outcomes.above
from table_columns
inner join outcomes on table_columns.indicator_code = outcomes.indicator_code
