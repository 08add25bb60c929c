select
    subject_id,
    effective_on,
    decided_on,
    author,
    reason
from {{ ref('stg_decisions') }}
where kind = 'leave'
