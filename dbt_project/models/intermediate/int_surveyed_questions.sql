{{ config(materialized='view') }}

-- The questions of surveys by which respondents describe themselves: mapped to indicators of participants.
select distinct
    asked_items.instrument_code,
    asked_items.instrument_version,
    asked_items.innovation_code,
    asked_items.indicator_code
from {{ ref('int_asked_items') }} as asked_items
inner join {{ ref('stg_programme__indicators') }} as indicators
    on asked_items.indicator_code = indicators.indicator_code
where indicators.level = 'participant'
