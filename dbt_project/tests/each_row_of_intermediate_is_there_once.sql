{#- One test for all models without tests of their own: each test costs the build dbt's fixed time. -#}
{% set keys = {
    'int_enrolments': 'enrolment_id',
    'int_included_values': 'enrolment_id, indicator_code',
    'int_followers': 'enrolment_id, evaluator_code, is_substitute',
    'int_expected_returns': 'expected_return_id',
    'int_asked_items': 'instrument_code, instrument_version, innovation_code, item, indicator_code',
    'int_item_inputs': 'return_id',
    'int_corrected_answers': 'return_id, item, rank',
    'int_loaded_versions': 'return_id',
    'int_return_versions': 'return_id',
    'int_respondents': 'expected_return_id, respondent',
    'int_counted_returns': 'return_id',
    'int_current_returns': 'expected_return_id',
    'int_return_states': 'expected_return_id',
    'int_return_reasons': 'expected_return_id',
    'int_survey_closures': 'expected_return_id',
    'int_occasion_presence': 'enrolment_id, grouping, group_code, occasion_code',
    'int_derived_values': 'enrolment_id, indicator_code',
    'int_balanced_indicators': 'enrolment_id, indicator_code',
    'int_occasion_attributes': 'enrolment_id, occasion_code, attribute_code',
    'int_current_attributes': 'structure_code, attribute_code',
    'int_consolidated_figures': 'innovation_code, attribute_code, attribute_value, indicator_code',
    'int_ceilings': 'innovation_code, indicator_code',
    'int_panel_inputs': 'enrolment_id, occasion_code',
    'int_enrolment_inputs': 'enrolment_id',
    'int_cohort_inputs': 'cohort_code',
    'int_asked_outcomes': 'instrument_code, instrument_version, item, outcome',
    'int_participant_conditions': 'innovation_code, occasion_code, surveyed_by, indicator_code, other_code',
    'int_participant_counts': 'innovation_code, occasion_code, attribute_code, attribute_value, measure_kind, measure_code, value',
    'int_participant_attributes': 'enrolment_id, pseudonym, attribute_code',
    'int_asked_columns': 'instrument_code, instrument_version, item',
    'int_participant_questions': 'enrolment_id, occasion_code, surveyed_by, indicator_code',
    'int_surveyed_questions': 'instrument_code, instrument_version, innovation_code, indicator_code',
    'int_surveyed_occasions': 'expected_return_id',
    'int_surveyed_values': 'return_id, item, indicator_code',
    'int_answer_inputs': 'enrolment_id, occasion_code',
    'int_participant_path_inputs': 'enrolment_id, occasion_code',
    'int_participant_keys': 'enrolment_id, occasion_code',
    'int_participant_occasions': 'enrolment_id, occasion_code',
    'int_duplicate_returns': 'return_id',
    'int_number_findings': 'finding_id',
    'int_return_patterns': 'return_id, question_code, scale'
} %}

{% for name, key in keys.items() %}
    {{ invalid_keys(ref(name), key.split(', '), name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
