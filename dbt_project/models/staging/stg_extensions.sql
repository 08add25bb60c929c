select * from {{ ref('stg_decisions') }}
where kind = 'extend'
