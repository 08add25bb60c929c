{#- Generated from schemas/tables.py: edit that file, then run python -m schemas.dbt_sources.
    One test checks all tables, because each test adds dbt's fixed cost to a build. The tables enforce `not null`. -#}
{% set keys = {
    'programme_occasions': 'run_id, occasion_code',
    'programme_innovations': 'run_id, innovation_code',
    'programme_cohorts': 'run_id, cohort_code',
    'programme_enrolments': 'run_id, enrolment_id',
    'programme_successions': 'run_id, enrolment_id, heir_enrolment_id',
    'programme_attributes': 'run_id, attribute_code',
    'programme_attribute_values': 'run_id, structure_code, attribute_code, place',
    'programme_follows': 'run_id, evaluator_code, innovation_code, place',
    'programme_evaluators': 'run_id, evaluator_code',
    'programme_indicators': 'run_id, indicator_code',
    'programme_parts': 'run_id, indicator_code, is_denominator, part_code',
    'programme_crosswalk': 'run_id, instrument_code, instrument_version, item, indicator_code, occasion_code, innovation_code',
    'programme_recodes': 'run_id, recode, source_value',
    'programme_table_columns': 'run_id, instrument_code, instrument_version, item',
    'programme_table_conditions': 'run_id, instrument_code, instrument_version, item, other_item',
    'programme_nothing_to_report': 'run_id, instrument_code, item, value',
    'programme_rules': 'run_id',
    'programme_results': 'run_id, innovation_code',
    'programme_participant_attributes': 'run_id, attribute_code, value',
    'programme_outcomes': 'run_id, outcome, rank',
    'programme_values': 'run_id, indicator_code, value',
    'programme_published': 'run_id, published_code',
    'programme_targets': 'run_id, cohort_code, occasion_code, indicator_code',
    'programme_corrections': 'run_id, expected_return_id, respondent, item, rank',
    'expected_returns': 'run_id, expected_return_id',
    'source_checks': 'run_id, source_id, known_at',
    'returns': 'run_id, return_id',
    'pseudonym_links': 'run_id, return_id, sheet_name, row_number',
    'age_bands': 'run_id, return_id, sheet_name, row_number, attribute_code',
    'findings': 'run_id, return_id, item, location, check_name',
    'questionnaires': 'source_id, questionnaire_version, element, question_code, code, scale, language',
    'questionnaire_conditions': 'source_id, questionnaire_version, item, other_item',
    'questionnaire_differences': 'run_id, source_id, place',
    'withdrawals': 'run_id, expected_return_id, respondent',
    'completed_participants': 'run_id, expected_return_id',
    'set_aside_responses': 'run_id, expected_return_id',
    'decisions': 'run_id, kind, subject_id',
    'surveillance': 'run_id, finding_id',
    'amendments': 'run_id, expected_return_id'
} %}

{% for name, key in keys.items() %}
    {{ invalid_keys(source('raw', name), key.split(', '), name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
