with table_columns as (

    select * from {{ ref('stg_programme__table_columns') }}
    where identifies_people

),

indicators as (

    select * from {{ ref('stg_programme__indicators') }}
    where level = 'participant'

)

select
    table_columns.instrument_code,
    table_columns.instrument_version,
    table_columns.item,
    table_columns.recode,
    table_columns.indicator_code,
    indicators.kind in ('count', 'number') as is_numeric,
    indicators.kind = 'date' as is_date
from table_columns
inner join indicators on table_columns.indicator_code = indicators.indicator_code
