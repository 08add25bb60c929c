with expected as (

    select
        enrolment_id,
        expected_return_id || ' ' || occasion_code || ' ' || instrument_code || ' '
        || cast(instrument_version as {{ type_text() }})
        || case when is_due then ' due' else '' end
        || case when state = 'left' then ' left' else '' end as part
    from {{ ref('fct_expected_return') }}

),

of_enrolments as (

    select
        enrolment_id,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from expected
    group by enrolment_id

),

answers as (

    select
        enrolment_id,
        {{ ordered_agg('cast(inputs as ' ~ type_text() ~ ')', 'inputs', ' ') }} as parts
    from {{ ref('int_answer_inputs') }}
    group by enrolment_id

),

-- How many instruments ask an indicator at an occasion is a matter of all that is expected of an innovation.
asked_at as (

    select distinct
        innovation_code,
        occasion_code || ' ' || instrument_code || ' ' || cast(instrument_version as {{ type_text() }}) as part
    from {{ ref('fct_expected_return') }}

),

of_innovations as (

    select
        innovation_code,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from asked_at
    group by innovation_code

),

-- An occasion that the programme does not name any more is there as long as something was expected at it.
occasions as (

    select {{ ordered_agg('occasion_code', 'occasion_code', ' ') }} as parts
    from {{ ref('dim_occasion') }}

),

shortened as (

    select
        enrolments.enrolment_id,
        cast(
            md5(
                {{ models_and_programme() }} || ' ' || enrolments.enrolment_id
                || coalesce(', answers ' || answers.parts, '')
                || coalesce(', expected ' || of_enrolments.parts, '')
                || coalesce(', at ' || occasions.parts, '')
                || coalesce(', asked ' || of_innovations.parts, '')
                || coalesce(', present ' || presence.presence_pattern || ' ' || presence.presence_class, '')
                || case when presence.is_balanced then ' balanced' else '' end
            ) as uuid
        ) as inputs
    from {{ ref('dim_enrolment') }} as enrolments
    cross join occasions
    left join answers on enrolments.enrolment_id = answers.enrolment_id
    left join of_enrolments on enrolments.enrolment_id = of_enrolments.enrolment_id
    left join of_innovations on enrolments.innovation_code = of_innovations.innovation_code
    left join {{ ref('int_presence') }} as presence on enrolments.enrolment_id = presence.enrolment_id

)

select
    shortened.enrolment_id,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
