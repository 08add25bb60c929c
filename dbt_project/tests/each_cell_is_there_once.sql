-- Only returns that have not been tested yet: the content of the others does not change.
with untested as (

    select
        return_id,
        loaded_at
    from {{ ref('int_item_inputs') }}
    where not is_tested

)

select
    'return ' || cells.return_id || ' has one cell of ' || cells.item
    || ' in row ' || cast(cells.sheet_row as {{ type_text() }}) as broken,
    count(*) as times
from untested
inner join {{ ref('stg_row_answers') }} as cells on {{ is_same_load('cells', 'untested') }}
group by cells.return_id, cells.item, cells.sheet_row
having count(*) > 1
