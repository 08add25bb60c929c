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

of_enrolments as (

    select
        enrolment_id,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from occasions
    group by enrolment_id

),

answers as (

    select
        enrolment_id,
        {{ ordered_agg('cast(inputs as ' ~ type_text() ~ ')', 'inputs', ' ') }} as parts
    from {{ ref('int_answer_inputs') }}
    group by enrolment_id

),

shortened as (

    select
        answers.enrolment_id,
        cast(md5(answers.parts || ', ' || of_enrolments.parts) as uuid) as inputs
    from answers
    inner join of_enrolments on answers.enrolment_id = of_enrolments.enrolment_id

)

select
    shortened.enrolment_id,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
