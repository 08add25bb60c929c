{{ config(materialized='table') }}

-- Built after the tests of the incremental models have passed: the next build tests only rows of other inputs.
-- depends_on: {{ ref('int_item_values') }}, {{ ref('fct_observation') }}, {{ ref('cohort_panel') }}
-- depends_on: {{ ref('int_participants') }}, {{ ref('participant_outcomes') }}
-- depends_on: {{ ref('int_latest_values') }}, {{ ref('provenance') }}, {{ ref('adoption_matrix') }}
-- depends_on: {{ ref('cohort_indicators') }}, {{ ref('int_participant_values') }}
select inputs from {{ ref('int_item_inputs') }}

union

select inputs from {{ ref('int_answer_inputs') }}

union

select inputs from {{ ref('int_panel_inputs') }}

union

select inputs from {{ ref('int_enrolment_inputs') }}

union

select inputs from {{ ref('int_cohort_inputs') }}

union

select inputs from {{ ref('int_participant_path_inputs') }}
