{{ config(materialized='table') }}

-- The rows of an occasion depend on that occasion and earlier ones, never on later ones. Those of respondents of
-- surveys depend on that occasion only.
with occasions as (

    select
        occasions.enrolment_id,
        occasions.occasion_code,
        occasions.place,
        answers.inputs is not null as is_answered,
        -- Hashed, since it is repeated for each later occasion.
        md5(
            occasions.cohort_code || ' ' || occasions.innovation_code || ' ' || occasions.occasion_code
            || ' ' || cast(occasions.months as {{ type_text() }}) || ' ' || cast(occasions.place as {{ type_text() }})
            || case when occasions.asks_entered_work then ' asks' else '' end
            || case when occasions.ever_asks_entered_work then ' ever' else '' end
            || case when occasions.asks_contract_kind then ' contract' else '' end
            || case when occasions.ever_asks_contract_kind then ' any contract' else '' end
            || case when occasions.asks_in_training then ' training' else '' end
            || case when occasions.ever_asks_in_training then ' any training' else '' end
            || case when occasions.is_returned then ' returned' else '' end
            || case when occasions.is_nothing_to_report then ' nothing' else '' end
            || coalesce(' ' || cast(occasions.key_version as {{ type_text() }}), '')
            || coalesce(' ' || cast(answers.inputs as {{ type_text() }}), '')
        ) as part
    from {{ ref('int_participant_occasions') }} as occasions
    left join {{ ref('int_answer_inputs') }} as answers
        on
            occasions.enrolment_id = answers.enrolment_id
            and occasions.occasion_code = answers.occasion_code

),

of_tables as (

    select
        occasions.enrolment_id,
        occasions.occasion_code,
        cast(
            md5(occasions.enrolment_id || ', ' || {{ ordered_agg('so_far.part', 'so_far.place', ', ') }}) as uuid
        ) as inputs
    from occasions
    inner join occasions as so_far
        on occasions.enrolment_id = so_far.enrolment_id and occasions.place >= so_far.place
    group by occasions.enrolment_id, occasions.occasion_code
    having bool_or(so_far.is_answered)

),

surveyed as (

    select
        enrolment_id,
        occasion_code,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from (
        select
            enrolment_id,
            occasion_code,
            cohort_code || ' ' || innovation_code || ' ' || cast(months as {{ type_text() }}) || ' ' || instrument_code
            || case when asks_entered_work then ' asks' else '' end
            || case when ever_asks_entered_work then ' ever' else '' end
            || case when asks_contract_kind then ' contract' else '' end
            || case when ever_asks_contract_kind then ' any contract' else '' end
            || case when asks_in_training then ' training' else '' end
            || case when ever_asks_in_training then ' any training' else '' end as part
        from {{ ref('int_surveyed_occasions') }}
    ) as occasions_of_surveys
    group by enrolment_id, occasion_code

),

of_surveys as (

    select
        surveyed.enrolment_id,
        surveyed.occasion_code,
        surveyed.parts || ', ' || cast(answers.inputs as {{ type_text() }}) as part
    from surveyed
    inner join {{ ref('int_answer_inputs') }} as answers
        on surveyed.enrolment_id = answers.enrolment_id and surveyed.occasion_code = answers.occasion_code

),

shortened as (

    select
        coalesce(of_tables.enrolment_id, of_surveys.enrolment_id) as enrolment_id,
        coalesce(of_tables.occasion_code, of_surveys.occasion_code) as occasion_code,
        case
            when of_surveys.part is null then of_tables.inputs
            else
                cast(
                    md5(
                        of_surveys.enrolment_id || ' ' || of_surveys.part
                        || coalesce(', tables ' || cast(of_tables.inputs as {{ type_text() }}), '')
                    ) as uuid
                )
        end as inputs
    from of_tables
    full join of_surveys
        on of_tables.enrolment_id = of_surveys.enrolment_id and of_tables.occasion_code = of_surveys.occasion_code

)

select
    shortened.enrolment_id,
    shortened.occasion_code,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
