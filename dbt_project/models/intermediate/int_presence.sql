with presence as (

    select * from {{ ref('int_occasion_presence') }}

),

patterns as (

    select
        enrolment_id,
        bool_or(is_left) as is_left,
        {{ ordered_agg('mark', 'months, occasion_code') }} as presence_pattern
    from presence
    group by enrolment_id

)

select
    enrolment_id,
    presence_pattern,
    case
        when is_left then 'leaver'
        when presence_pattern not like '%0%' and presence_pattern not like '%1%' then 'too early'
        when presence_pattern not like '%1%' then 'never'
        when presence_pattern not like '%0%' then 'always'
        when replace(presence_pattern, '.', '') like '%1' then 'returner'
        else 'intermittent'
    end as presence_class,
    presence_pattern not like '%0%' and presence_pattern not like '%.%' as is_balanced
from patterns
