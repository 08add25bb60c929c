select
    subject_id,
    decided_on,
    author,
    reason
from {{ ref('stg_decisions') }}
where kind = 'nothing'
