{{ config(materialized='table') }}

-- Built last: records that this build by this version of the models completed.
-- depends_on: {{ ref('int_built_inputs') }}
select
    models,
    invocation_id
from {{ ref('stg_moment') }}
