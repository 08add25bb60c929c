-- Of the returns of which nothing was tested yet: the others do not change.
select
    return_id,
    item,
    sheet_row,
    count(*) as n_rows
from {{ ref('stg_row_answers') }}
where
    return_id in (
        select inputs.return_id
        from {{ ref('int_item_inputs') }} as inputs
        where not inputs.is_tested
    )
group by return_id, item, sheet_row
having count(*) > 1
