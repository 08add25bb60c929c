{#- One test for all models without tests of their own: each test costs the build dbt's fixed time. -#}
{% set keys = {
    'stg_programme__occasions': 'occasion_code',
    'stg_programme__innovations': 'innovation_code',
    'stg_programme__cohorts': 'cohort_code',
    'stg_programme__enrolments': 'enrolment_id',
    'stg_programme__successions': 'enrolment_id, heir_enrolment_id',
    'stg_programme__attributes': 'attribute_code',
    'stg_programme__attribute_values': 'structure_code, attribute_code, place',
    'stg_programme__follows': 'evaluator_code, enrolment_id, place',
    'stg_programme__evaluators': 'evaluator_code',
    'stg_programme__indicators': 'indicator_code',
    'stg_programme__parts': 'indicator_code, is_denominator, part_code',
    'stg_programme__crosswalk': 'instrument_code, instrument_version, item, indicator_code, occasion_code, innovation_code',
    'stg_programme__recodes': 'recode, source_value',
    'stg_programme__results': 'innovation_code',
    'stg_programme__values': 'indicator_code, value',
    'stg_programme__published': 'published_code',
    'stg_programme__targets': 'target_id',
    'stg_programme__corrections': 'expected_return_id, respondent, item, rank',
    'stg_age_bands': 'return_id, sheet_name, sheet_row, attribute_code',
    'stg_programme__participant_attributes': 'attribute_code, value',
    'stg_programme__outcomes': 'outcome, rank',
    'stg_programme__table_columns': 'instrument_code, instrument_version, item',
    'stg_programme__table_conditions': 'instrument_code, instrument_version, item, other_item',
    'stg_programme__nothing_to_report': 'instrument_code, item, value',
    'stg_expected_returns': 'expected_return_id',
    'stg_source_checks': 'source_id',
    'stg_withdrawals': 'expected_return_id, respondent',
    'stg_completed_participants': 'expected_return_id',
    'stg_set_aside_responses': 'expected_return_id',
    'stg_questionnaires': 'source_id, questionnaire_version, element, question_code, code, scale, language',
    'stg_questionnaire_conditions': 'source_id, questionnaire_version, item, other_item',
    'stg_findings': 'return_id, item, location, check_name',
    'stg_surveillance': 'finding_id',
    'stg_leavings': 'subject_id',
    'stg_extensions': 'subject_id',
    'stg_explanations': 'subject_id',
    'stg_nothing_decided': 'subject_id'
} %}

{% for name, key in keys.items() %}
    {{ invalid_keys(ref(name), key.split(', '), name) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
