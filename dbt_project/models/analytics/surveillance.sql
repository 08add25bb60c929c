with numbers as (

    select
        finding_id,
        case
            when kind = 'heaping' then pattern
            else {{ plain_number('value_number') }}
        end as found,
        kind,
        cohort_code,
        enrolment_id,
        occasion_code,
        cast(null as {{ type_text() }}) as instrument_code,
        indicator_code,
        cast(null as {{ type_text() }}) as question_code,
        cast(null as {{ type_text() }}) as other_enrolment_id,
        return_id,
        value_number,
        cast(null as {{ type_text() }}) as value_text,
        centre,
        lower_value,
        upper_value,
        n_compared,
        score,
        pattern
    from {{ ref('int_number_findings') }}
    where kind <> 'none'

),

-- The content of a version does not change, unless by a correction.
duplicates as (

    select
        'duplicate_return/' || enrolment_id || '/' || occasion_code || '/' || instrument_code
        || '/' || other_enrolment_id as finding_id,
        return_id || ' ' || other_return_id as found,
        'duplicate_return' as kind,
        cohort_code,
        enrolment_id,
        occasion_code,
        instrument_code,
        cast(null as {{ type_text() }}) as indicator_code,
        cast(null as {{ type_text() }}) as question_code,
        other_enrolment_id,
        return_id,
        cast(null as {{ type_double() }}) as value_number,
        cast(null as {{ type_text() }}) as value_text,
        cast(null as {{ type_double() }}) as centre,
        cast(null as {{ type_double() }}) as lower_value,
        cast(null as {{ type_double() }}) as upper_value,
        n_compared,
        cast(null as {{ type_double() }}) as score,
        cast(null as {{ type_text() }}) as pattern
    from {{ ref('int_duplicate_returns') }}

),

-- The grids of an evaluator are no answers of a respondent.
straight_lines as (

    select
        'straight_lining/' || expected_returns.expected_return_id || '/' || returns.respondent
        || '/' || straight_lines.question_code
        || case when straight_lines.scale > 0 then '#' || cast(straight_lines.scale as {{ type_text() }}) else '' end
            as finding_id,
        straight_lines.answer_text as found,
        'straight_lining' as kind,
        expected_returns.cohort_code,
        expected_returns.enrolment_id,
        expected_returns.occasion_code,
        expected_returns.instrument_code,
        cast(null as {{ type_text() }}) as indicator_code,
        straight_lines.question_code,
        cast(null as {{ type_text() }}) as other_enrolment_id,
        returns.return_id,
        cast(null as {{ type_double() }}) as value_number,
        straight_lines.answer_text as value_text,
        cast(null as {{ type_double() }}) as centre,
        cast(null as {{ type_double() }}) as lower_value,
        cast(null as {{ type_double() }}) as upper_value,
        straight_lines.n_items as n_compared,
        cast(null as {{ type_double() }}) as score,
        cast(null as {{ type_text() }}) as pattern
    from {{ ref('int_return_patterns') }} as straight_lines
    inner join {{ ref('int_counted_returns') }} as counted_returns
        on straight_lines.return_id = counted_returns.return_id
    inner join {{ ref('stg_returns') }} as returns on straight_lines.return_id = returns.return_id
    inner join {{ ref('int_expected_returns') }} as expected_returns
        on counted_returns.expected_return_id = expected_returns.expected_return_id
    where straight_lines.question_code <> '' and expected_returns.filled_by = 'structure'

),

present as (

    select * from numbers

    union all

    select * from duplicates

    union all

    select * from straight_lines

),

explanations as (

    select * from {{ ref('stg_explanations') }}

),

reported as (

    select * from {{ ref('stg_surveillance') }}

),

-- An explanation is of what was found: another value is another finding in the same place.
lived as (

    select
        present.*,
        case when explanations.subject_id is null then 'new' else 'explained' end as state,
        coalesce(reported.reported_on, {{ as_of() }}) as reported_on,
        explanations.decided_on as explained_on,
        explanations.reason,
        explanations.author
    from present
    left join explanations
        on present.finding_id = explanations.subject_id and present.found = explanations.found
    left join reported on present.finding_id = reported.finding_id and present.found = reported.found

    union all

    select
        reported.finding_id,
        reported.found,
        reported.kind,
        reported.cohort_code,
        reported.enrolment_id,
        reported.occasion_code,
        reported.instrument_code,
        reported.indicator_code,
        reported.question_code,
        reported.other_enrolment_id,
        reported.return_id,
        reported.value_number,
        cast(null as {{ type_text() }}) as value_text,
        cast(null as {{ type_double() }}) as centre,
        cast(null as {{ type_double() }}) as lower_value,
        cast(null as {{ type_double() }}) as upper_value,
        cast(null as bigint) as n_compared,
        cast(null as {{ type_double() }}) as score,
        cast(null as {{ type_text() }}) as pattern,
        'mended' as state,
        reported.reported_on,
        explanations.decided_on as explained_on,
        explanations.reason,
        explanations.author
    from reported
    left join explanations
        on reported.finding_id = explanations.subject_id and reported.found = explanations.found
    where reported.finding_id not in (select present.finding_id from present)

)

select
    lived.finding_id,
    lived.kind,
    lived.state,
    lived.enrolment_id,
    enrolments.structure_code,
    enrolments.structure_name,
    lived.cohort_code,
    cohorts.innovation_code,
    lived.occasion_code,
    lived.instrument_code,
    lived.indicator_code,
    lived.question_code,
    lived.other_enrolment_id,
    lived.return_id,
    lived.value_number,
    lived.value_text,
    lived.centre,
    lived.lower_value,
    lived.upper_value,
    cast(lived.n_compared as bigint) as n_compared,
    lived.score,
    lived.pattern,
    panel.value_number as current_number,
    lived.found,
    {{ local_date_of('returns.known_at') }} as known_on,
    lived.reported_on,
    lived.explained_on,
    lived.reason,
    lived.author,
    enrolments.evaluator_codes
from lived
left join {{ ref('dim_cohort') }} as cohorts on lived.cohort_code = cohorts.cohort_code
left join {{ ref('dim_enrolment') }} as enrolments on lived.enrolment_id = enrolments.enrolment_id
left join {{ ref('stg_returns') }} as returns on lived.return_id = returns.return_id
left join {{ ref('int_panel') }} as panel
    on
        lived.enrolment_id = panel.enrolment_id
        and lived.occasion_code = panel.occasion_code
        and lived.indicator_code = panel.indicator_code
