select
    subject_id,
    found,
    decided_on,
    author,
    reason
from {{ ref('stg_decisions') }}
where kind = 'explain'
