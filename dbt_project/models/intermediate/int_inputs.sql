{{ config(materialized='view') }}

-- Evaluated after all models, and all tests of models and sources. It depends on every leaf of the graph.
-- depends_on: {{ ref('int_tested_inputs') }}, {{ ref('return_status') }}, {{ ref('return_rates') }}
-- depends_on: {{ ref('cohort_retention') }}, {{ ref('adoption_duration') }}, {{ ref('consolidated_table') }}
-- depends_on: {{ ref('reconciliation') }}, {{ ref('revisions') }}, {{ ref('survey_answers') }}
-- depends_on: {{ ref('corrections') }}, {{ ref('results_by_attribute') }}, {{ ref('nothing_to_report') }}
-- depends_on: {{ ref('surveillance') }}, {{ ref('target_progress') }}
-- depends_on: {{ ref('participant_results') }}, {{ ref('participant_attributes') }}
-- depends_on: {{ source('raw', 'amendments') }}, {{ source('raw', 'questionnaire_differences') }}
-- depends_on: {{ ref('stg_moment') }}, {{ ref('stg_surveillance') }}
-- depends_on: {{ ref('enrolment_evaluators') }}, {{ ref('missing_reasons') }}, {{ ref('value_changes') }}
-- depends_on: {{ ref('wording_changes') }}
{{ contents_of_inputs() if execute }}
