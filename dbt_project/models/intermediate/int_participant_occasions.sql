-- Tables of people that are mapped to indicators, whether these are outcomes or not.
with asked_outcomes as (

    select distinct
        asked_columns.instrument_code,
        asked_columns.instrument_version,
        outcomes.outcome
    from {{ ref('int_asked_columns') }} as asked_columns
    left join {{ ref('int_asked_outcomes') }} as outcomes
        on
            asked_columns.instrument_code = outcomes.instrument_code
            and asked_columns.instrument_version = outcomes.instrument_version

),

occasions as (

    select * from {{ ref('dim_occasion') }}

),

asked as (

    select
        expected_returns.enrolment_id,
        expected_returns.cohort_code,
        expected_returns.innovation_code,
        expected_returns.occasion_code,
        occasions.months,
        occasions.offset_days,
        coalesce(bool_or(asked_outcomes.outcome = 'entered_work'), false) as asks_entered_work,
        coalesce(bool_or(asked_outcomes.outcome = 'contract_kind'), false) as asks_contract_kind,
        coalesce(bool_or(asked_outcomes.outcome = 'in_training'), false) as asks_in_training,
        bool_or(
            expected_returns.is_due
            or expected_returns.current_return_id is not null
            or expected_returns.state = 'nothing_to_report'
        ) as is_open,
        -- Where outcomes are asked, of the returns that ask them.
        coalesce(
            bool_and(
                case
                    when asked_outcomes.outcome is not null
                        then expected_returns.current_return_id is not null or not expected_returns.is_due
                end
            ),
            bool_and(expected_returns.current_return_id is not null or not expected_returns.is_due)
        ) as is_returned,
        coalesce(
            bool_and(
                case when asked_outcomes.outcome is not null then expected_returns.state = 'nothing_to_report' end
            ),
            bool_and(expected_returns.state = 'nothing_to_report')
        ) as is_nothing_to_report
    from {{ ref('fct_expected_return') }} as expected_returns
    inner join asked_outcomes
        on
            expected_returns.instrument_code = asked_outcomes.instrument_code
            and expected_returns.instrument_version = asked_outcomes.instrument_version
    inner join occasions on expected_returns.occasion_code = occasions.occasion_code
    group by
        expected_returns.enrolment_id,
        expected_returns.cohort_code,
        expected_returns.innovation_code,
        expected_returns.occasion_code,
        occasions.months,
        occasions.offset_days

),

compared as (

    select
        *,
        bool_or(asks_entered_work) over (partition by innovation_code) as ever_asks_entered_work,
        bool_or(asks_contract_kind) over (partition by innovation_code) as ever_asks_contract_kind,
        bool_or(asks_in_training) over (partition by innovation_code) as ever_asks_in_training
    from asked

)

select
    compared.enrolment_id,
    compared.cohort_code,
    compared.innovation_code,
    compared.occasion_code,
    compared.months,
    row_number() over (
        partition by compared.enrolment_id order by compared.offset_days asc, compared.occasion_code asc
    ) as place,
    compared.asks_entered_work,
    compared.asks_contract_kind,
    compared.asks_in_training,
    compared.ever_asks_entered_work,
    compared.ever_asks_contract_kind,
    compared.ever_asks_in_training,
    compared.is_returned,
    compared.is_nothing_to_report,
    participant_keys.key_version
from compared
left join {{ ref('int_participant_keys') }} as participant_keys
    on
        compared.enrolment_id = participant_keys.enrolment_id
        and compared.occasion_code = participant_keys.occasion_code
where compared.is_open
