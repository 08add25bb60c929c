"""Define common table expressions of the hand-written statement for `participant_outcomes`."""

FOLLOWED = """
    people as (
        select
            latest.expected_return_id, cells.pseudonym,
            max(case when cells.item = 'Participants!emploi' then cells.value_text end) as work,
            max(case when cells.item = 'Participants!contrat' then cells.value_text end) as contract_kind,
            max(case when cells.item = 'Participants!formation' then cells.value_text end) as training
        from latest
        join raw.row_answers as cells on latest.return_id = cells.return_id
        group by latest.expected_return_id, cells.pseudonym
    ),
    tables as (
        select *, lag(return_id) over (partition by enrolment_id order by months) is not null as came_before
        from status
        where is_due or return_id is not null
    ),
    persons as (
        select
            tables.enrolment_id, people.pseudonym, min(tables.months) as first_months,
            min(case when people.work = 'oui' then tables.occasion_code end) as first_in_work_occasion_code
        from people
        join tables on people.expected_return_id = tables.expected_return_id
        group by tables.enrolment_id, people.pseudonym
    ),
    followed as (
        select
            tables.enrolment_id, tables.occasion_code, persons.pseudonym, people.pseudonym is not null as is_seen,
            case
                when lag(people.pseudonym) over (
                    partition by tables.enrolment_id, persons.pseudonym order by tables.months
                ) is not null then true
                when tables.came_before then false
            end as was_seen_before,
            people.work = 'oui' as entered_work, people.contract_kind, people.training = 'oui' as in_training,
            case when people.pseudonym is null then 'no_return' end as entered_work_missing_reason,
            case when people.pseudonym is null then 'no_return' end as contract_kind_missing_reason,
            case when people.pseudonym is null then 'no_return' end as in_training_missing_reason,
            case when persons.first_in_work_occasion_code <= tables.occasion_code
                then persons.first_in_work_occasion_code end as first_in_work_occasion_code,
            case when people.pseudonym is not null then tables.return_id end as return_id
        from persons
        join tables on persons.enrolment_id = tables.enrolment_id and persons.first_months <= tables.months
        left join people
            on tables.expected_return_id = people.expected_return_id and persons.pseudonym = people.pseudonym
    )"""
