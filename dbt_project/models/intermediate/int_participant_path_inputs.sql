with occasions as (

    select
        enrolment_id,
        cohort_code || ' ' || innovation_code || ' ' || occasion_code
        || ' ' || cast(months as {{ type_text() }}) || ' ' || cast(place as {{ type_text() }})
        || case when asks_entered_work then ' asks' else '' end
        || case when ever_asks_entered_work then ' ever' else '' end
        || case when asks_contract_kind then ' contract' else '' end
        || case when ever_asks_contract_kind then ' any contract' else '' end
        || case when asks_in_training then ' training' else '' end
        || case when ever_asks_in_training then ' any training' else '' end
        || case when is_returned then ' returned' else '' end
        || coalesce(' ' || cast(key_version as {{ type_text() }}), '') as part
    from {{ ref('int_participant_occasions') }}

),

shortened as (

    select
        answer_inputs.enrolment_id,
        md5(answer_inputs.inputs || {{ ordered_agg('occasions.part', 'occasions.part', ', ') }}) as inputs
    from {{ ref('int_answer_inputs') }} as answer_inputs
    inner join occasions on answer_inputs.enrolment_id = occasions.enrolment_id
    group by answer_inputs.enrolment_id, answer_inputs.inputs

)

select
    enrolment_id,
    inputs,
    {{ is_tested('shortened.inputs') }} as is_tested
from shortened
