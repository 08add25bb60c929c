{{ config(materialized='table') }}

-- Built last: records that a build by this version of the models completed. It depends on every leaf of the graph.
-- depends_on: {{ ref('int_tested_inputs') }}, {{ ref('return_status') }}, {{ ref('return_rates') }}
-- depends_on: {{ ref('cohort_retention') }}, {{ ref('adoption_duration') }}, {{ ref('consolidated_table') }}
-- depends_on: {{ ref('reconciliation') }}, {{ ref('revisions') }}, {{ ref('survey_answers') }}
-- depends_on: {{ ref('corrections') }}, {{ ref('results_by_attribute') }}, {{ ref('nothing_to_report') }}
-- depends_on: {{ ref('surveillance') }}, {{ ref('target_progress') }}
-- depends_on: {{ ref('participant_results') }}, {{ ref('participant_attributes') }}
-- depends_on: {{ ref('enrolment_evaluators') }}, {{ ref('missing_reasons') }}, {{ ref('value_changes') }}
-- depends_on: {{ ref('wording_changes') }}
select models from {{ ref('stg_moment') }}
