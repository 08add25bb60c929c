with table_columns as (

    select * from {{ ref('stg_programme__table_columns') }}

),

outcomes as (

    -- The declaration has one line per value that fulfils the condition, all with the same indicator.
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
