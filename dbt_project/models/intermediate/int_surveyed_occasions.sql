{% set outcomes = ['entered_work', 'contract_kind', 'in_training'] %}
with outcomes as (

    select distinct
        outcome,
        indicator_code
    from {{ ref('stg_programme__outcomes') }}

),

asked as (

    select
        questions.instrument_code,
        questions.instrument_version,
        questions.innovation_code,
        {% for outcome in outcomes %}
            coalesce(bool_or(outcomes.outcome = '{{ outcome }}'), false) as asks_{{ outcome }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_surveyed_questions') }} as questions
    left join outcomes on questions.indicator_code = outcomes.indicator_code
    group by questions.instrument_code, questions.instrument_version, questions.innovation_code

),

compared as (

    select
        *,
        {% for outcome in outcomes %}
            bool_or(asks_{{ outcome }}) over (partition by instrument_code, innovation_code) as ever_asks_{{ outcome }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from asked

)

select
    expected_returns.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    expected_returns.occasion_code,
    occasions.months,
    expected_returns.instrument_code,
    expected_returns.instrument_version,
    {% for outcome in outcomes %}
        compared.asks_{{ outcome }},
        compared.ever_asks_{{ outcome }}
        {%- if not loop.last %},{% endif %}
    {% endfor %}
from {{ ref('int_expected_returns') }} as expected_returns
inner join compared
    on
        expected_returns.instrument_code = compared.instrument_code
        and expected_returns.instrument_version = compared.instrument_version
        and expected_returns.innovation_code = compared.innovation_code
inner join {{ ref('dim_occasion') }} as occasions on expected_returns.occasion_code = occasions.occasion_code
where expected_returns.takes_several and expected_returns.instrument_kind = 'limesurvey'
