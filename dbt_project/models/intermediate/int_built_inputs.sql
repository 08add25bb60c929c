{{ config(materialized='table') }}

-- The inputs that the views were built from. A build of other inputs builds what depends on those.
select
    selector,
    content
from {{ ref('int_inputs') }}
