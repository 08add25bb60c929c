with superseding as (

    select * from {{ ref('int_loaded_versions') }}
    where previous_return_id is not null

),

-- Selected first: both sides of the join are then small.
compared as (

    select
        return_id,
        item,
        indicator_code,
        value_number,
        value_text,
        missing_reason
    from {{ ref('int_item_values') }}
    where
        return_id in (
            select superseding.return_id from superseding
            union all
            select superseding.previous_return_id from superseding
        )

),

counted_returns as (

    select * from {{ ref('int_counted_returns') }}

)

select
    superseding.return_id,
    later.item,
    later.indicator_code,
    superseding.expected_return_id,
    expected_returns.enrolment_id,
    expected_returns.cohort_code,
    expected_returns.innovation_code,
    enrolments.structure_code,
    enrolments.structure_name,
    expected_returns.occasion_code,
    expected_returns.instrument_code,
    superseding.respondent,
    superseding.previous_return_id,
    earlier.value_number as old_number,
    earlier.value_text as old_text,
    earlier.missing_reason as old_missing_reason,
    later.value_number as new_number,
    later.value_text as new_text,
    later.missing_reason as new_missing_reason,
    superseding.sent_by,
    superseding.channel,
    superseding.answered_on,
    superseding.known_on,
    expected_returns.due_on,
    superseding.known_on > expected_returns.due_on as is_after_due,
    coalesce(superseding.answered_on > expected_returns.locked_on, false) as is_after_lock,
    counted_returns.return_id is not null as is_counted
from superseding
inner join compared as later on superseding.return_id = later.return_id
inner join compared as earlier
    on
        superseding.previous_return_id = earlier.return_id
        and later.item = earlier.item
        and later.indicator_code = earlier.indicator_code
inner join {{ ref('int_expected_returns') }} as expected_returns
    on superseding.expected_return_id = expected_returns.expected_return_id
left join {{ ref('dim_enrolment') }} as enrolments on expected_returns.enrolment_id = enrolments.enrolment_id
left join counted_returns on superseding.return_id = counted_returns.return_id
where
    coalesce(later.value_number <> earlier.value_number, false)
    or coalesce(later.value_text <> earlier.value_text, false)
    or coalesce(later.missing_reason, 'value') <> coalesce(earlier.missing_reason, 'value')
