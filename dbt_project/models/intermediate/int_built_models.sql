-- Made last of all: says that what is there was made by these models, to its end. What is made of it: the leaves.
-- depends_on: {{ ref('int_tested_inputs') }}, {{ ref('return_status') }}, {{ ref('return_rates') }}
-- depends_on: {{ ref('cohort_retention') }}, {{ ref('adoption_duration') }}, {{ ref('consolidated_table') }}
-- depends_on: {{ ref('reconciliation') }}, {{ ref('revisions') }}, {{ ref('survey_answers') }}
select models from {{ ref('stg_moment') }}
