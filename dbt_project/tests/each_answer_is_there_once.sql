-- Only returns that have not been tested yet: the content of the others does not change.
with untested as (

    select
        return_id,
        loaded_at
    from {{ ref('int_item_inputs') }}
    where not is_tested

)

select
    'return ' || answers.return_id || ' has one answer to ' || answers.item as broken,
    count(*) as times
from untested
inner join {{ ref('stg_answers') }} as answers on {{ is_same_load('answers', 'untested') }}
group by answers.return_id, answers.item
having count(*) > 1
