{{ config(materialized='table') }}

with grid as (

    select
        enrolments.enrolment_id,
        enrolments.innovation_code,
        occasions.occasion_code,
        occasions.offset_days
    from {{ ref('dim_enrolment') }} as enrolments
    cross join {{ ref('dim_occasion') }} as occasions

),

expected as (

    select
        enrolment_id,
        occasion_code,
        expected_return_id || ' ' || instrument_code || ' ' || cast(instrument_version as {{ type_text() }})
        || case when is_due then ' due' else '' end
        || case when state = 'left' then ' left' else '' end
        || case when state = 'nothing_to_report' then ' nothing' else '' end as part
    from {{ ref('fct_expected_return') }}

),

expected_together as (

    select
        enrolment_id,
        occasion_code,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from expected
    group by enrolment_id, occasion_code

),

answers as (

    select
        enrolment_id,
        occasion_code,
        inputs
    from {{ ref('int_answer_inputs') }}

),

-- With nothing to report, a cumulative indicator is unchanged.
unchanged as (

    select distinct
        enrolment_id,
        occasion_code
    from {{ ref('fct_expected_return') }}
    where state = 'nothing_to_report'

),

-- After a break in the series, a value is compared with the previous one, however old: earlier answers are inputs.
earlier_answers as (

    select
        grid.enrolment_id,
        grid.occasion_code,
        {{ ordered_agg('cast(answers.inputs as ' ~ type_text() ~ ')', 'answers.inputs', ' ') }} as parts
    from grid
    inner join grid as earlier
        on
            grid.enrolment_id = earlier.enrolment_id
            and (
                grid.offset_days > earlier.offset_days
                or (grid.offset_days = earlier.offset_days and grid.occasion_code > earlier.occasion_code)
            )
    inner join answers on earlier.enrolment_id = answers.enrolment_id and earlier.occasion_code = answers.occasion_code
    left join unchanged
        on grid.enrolment_id = unchanged.enrolment_id and grid.occasion_code = unchanged.occasion_code
    where
        unchanged.enrolment_id is not null
        or grid.innovation_code in (
            select asked_items.innovation_code from {{ ref('int_asked_items') }} as asked_items
            where asked_items.series is not null
        )
    group by grid.enrolment_id, grid.occasion_code

),

earlier_expected as (

    select
        grid.enrolment_id,
        grid.occasion_code,
        {{ ordered_agg('expected_together.parts', 'earlier.offset_days, earlier.occasion_code', '; ') }} as parts
    from grid
    inner join unchanged
        on grid.enrolment_id = unchanged.enrolment_id and grid.occasion_code = unchanged.occasion_code
    inner join grid as earlier
        on
            grid.enrolment_id = earlier.enrolment_id
            and (
                grid.offset_days > earlier.offset_days
                or (grid.offset_days = earlier.offset_days and grid.occasion_code > earlier.occasion_code)
            )
    inner join expected_together
        on
            earlier.enrolment_id = expected_together.enrolment_id
            and earlier.occasion_code = expected_together.occasion_code
    group by grid.enrolment_id, grid.occasion_code

),

-- The number of instruments that ask an indicator at an occasion depends on all expected returns of the innovation.
asked_at as (

    select distinct
        innovation_code,
        occasion_code,
        instrument_code || ' ' || cast(instrument_version as {{ type_text() }}) as part
    from {{ ref('fct_expected_return') }}

),

asked_together as (

    select
        innovation_code,
        occasion_code,
        {{ ordered_agg('part', 'part', ', ') }} as parts
    from asked_at
    group by innovation_code, occasion_code

),

shortened as (

    select
        grid.enrolment_id,
        grid.occasion_code,
        cast(
            md5(
                {{ models_and_programme_hash() }} || ' ' || grid.enrolment_id || ' ' || grid.occasion_code
                || coalesce(', answers ' || cast(answers.inputs as {{ type_text() }}), '')
                || coalesce(', earlier ' || earlier_answers.parts, '')
                || coalesce(', before ' || earlier_expected.parts, '')
                || coalesce(', expected ' || expected_together.parts, '')
                || coalesce(', asked ' || asked_together.parts, '')
            ) as uuid
        ) as inputs
    from grid
    left join answers on grid.enrolment_id = answers.enrolment_id and grid.occasion_code = answers.occasion_code
    left join earlier_answers
        on
            grid.enrolment_id = earlier_answers.enrolment_id
            and grid.occasion_code = earlier_answers.occasion_code
    left join earlier_expected
        on
            grid.enrolment_id = earlier_expected.enrolment_id
            and grid.occasion_code = earlier_expected.occasion_code
    left join expected_together
        on
            grid.enrolment_id = expected_together.enrolment_id
            and grid.occasion_code = expected_together.occasion_code
    left join asked_together
        on
            grid.innovation_code = asked_together.innovation_code
            and grid.occasion_code = asked_together.occasion_code

)

select
    shortened.enrolment_id,
    shortened.occasion_code,
    shortened.inputs,
    tested.inputs is not null as is_tested
from shortened
left join {{ tested_inputs() }} as tested on shortened.inputs = tested.inputs
