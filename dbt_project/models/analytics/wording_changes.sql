{{ config(materialized='view') }}

-- In the survey's base language; codes are the same in every language.
with elements as (

    select * from {{ ref('stg_questionnaires') }}
    where language_rank = 1

),

questionnaires as (

    select
        source_id,
        questionnaire_version,
        min(known_at) as known_at,
        min(loaded_at) as loaded_at
    from elements
    group by source_id, questionnaire_version

),

-- A survey that several versions of an instrument share has one questionnaire at a time.
surveys as (

    select
        instrument_code,
        source_id,
        min(instrument_version) as instrument_version
    from {{ ref('int_expected_returns') }}
    group by instrument_code, source_id

),

versions as (

    select
        surveys.instrument_code,
        surveys.instrument_version,
        questionnaires.source_id,
        questionnaires.questionnaire_version,
        {{ local_date_of('questionnaires.known_at') }} as known_on,
        row_number() over (
            partition by surveys.instrument_code
            order by
                surveys.instrument_version,
                surveys.source_id,
                questionnaires.known_at,
                questionnaires.loaded_at,
                questionnaires.questionnaire_version
        ) as place
    from surveys
    inner join questionnaires on surveys.source_id = questionnaires.source_id

),

pairs as (

    select
        later.instrument_code,
        later.instrument_version,
        later.source_id,
        later.questionnaire_version,
        later.known_on,
        earlier.instrument_version as previous_instrument_version,
        earlier.source_id as previous_source_id,
        earlier.questionnaire_version as previous_questionnaire_version
    from versions as later
    inner join versions as earlier
        on later.instrument_code = earlier.instrument_code and later.place = earlier.place + 1

),

-- One row per element of the two versions of a pair, with the wording in each.
both_versions as (

    select
        pairs.instrument_code,
        pairs.source_id,
        pairs.questionnaire_version,
        elements.element,
        elements.question_code,
        elements.code,
        elements.scale,
        elements.letter as new_letter,
        elements.wording as new_wording,
        cast(null as {{ type_text() }}) as old_letter,
        cast(null as {{ type_text() }}) as old_wording
    from pairs
    inner join elements
        on
            pairs.source_id = elements.source_id
            and pairs.questionnaire_version = elements.questionnaire_version

    union all

    select
        pairs.instrument_code,
        pairs.source_id,
        pairs.questionnaire_version,
        elements.element,
        elements.question_code,
        elements.code,
        elements.scale,
        cast(null as {{ type_text() }}) as new_letter,
        cast(null as {{ type_text() }}) as new_wording,
        elements.letter as old_letter,
        elements.wording as old_wording
    from pairs
    inner join elements
        on
            pairs.previous_source_id = elements.source_id
            and pairs.previous_questionnaire_version = elements.questionnaire_version

),

compared as (

    select
        instrument_code,
        source_id,
        questionnaire_version,
        element,
        question_code,
        code,
        scale,
        max(old_letter) as old_letter,
        max(new_letter) as new_letter,
        max(old_wording) as old_wording,
        max(new_wording) as new_wording
    from both_versions
    group by instrument_code, source_id, questionnaire_version, element, question_code, code, scale

),

changes as (

    select
        pairs.*,
        compared.element,
        compared.question_code,
        compared.code,
        compared.scale,
        case
            when compared.old_letter is null then 'new'
            when compared.new_letter is null then 'vanished'
            when compared.element = 'question' and compared.old_letter <> compared.new_letter then 'retyped'
            else 'reworded'
        end as kind,
        compared.old_letter,
        compared.new_letter,
        compared.old_wording,
        compared.new_wording
    from compared
    inner join pairs
        on
            compared.instrument_code = pairs.instrument_code
            and compared.source_id = pairs.source_id
            and compared.questionnaire_version = pairs.questionnaire_version
    where
        compared.old_letter is null
        or compared.new_letter is null
        or (compared.element = 'question' and compared.old_letter <> compared.new_letter)
        or compared.old_wording <> compared.new_wording

),

-- The items of the crosswalk, taken apart: freins[temps] is the row temps of the question freins, and grid[a_b] is the
-- row a and the column b.
items as (

    select distinct
        instrument_code,
        instrument_version,
        indicator_code,
        split_part(item, '[', 1) as question_code,
        replace(split_part(item, '[', 2), ']', '') as cell,
        split_part(replace(split_part(item, '[', 2), ']', ''), '_', 1) as row_code,
        split_part(replace(split_part(item, '[', 2), ']', ''), '_', 2) as column_code
    from {{ ref('int_asked_items') }}

),

touched as (

    select distinct
        changes.instrument_code,
        changes.source_id,
        changes.questionnaire_version,
        changes.element,
        changes.question_code,
        changes.code,
        changes.scale,
        items.indicator_code
    from changes
    inner join items
        on
            changes.instrument_code = items.instrument_code
            and changes.question_code = items.question_code
            and items.instrument_version in (changes.instrument_version, changes.previous_instrument_version)
            and (
                changes.element <> 'subquestion'
                -- The cells of a ranking are its ranks, which any of the listed rows may have.
                or coalesce(changes.new_letter, changes.old_letter) = 'R'
                or (changes.scale = 0 and items.row_code in (changes.code, changes.code || 'comment'))
                or (changes.scale = 1 and changes.code = items.column_code)
                or items.cell = ''
            )

)

select
    changes.instrument_code,
    changes.source_id,
    changes.questionnaire_version,
    changes.element,
    changes.question_code,
    changes.code,
    changes.scale,
    coalesce(touched.indicator_code, '') as indicator_code,
    changes.kind,
    changes.old_wording,
    changes.new_wording,
    changes.old_letter,
    changes.new_letter,
    changes.instrument_version,
    changes.previous_instrument_version,
    changes.previous_source_id,
    changes.previous_questionnaire_version,
    changes.known_on
from changes
left join touched
    on
        changes.instrument_code = touched.instrument_code
        and changes.source_id = touched.source_id
        and changes.questionnaire_version = touched.questionnaire_version
        and changes.element = touched.element
        and changes.question_code = touched.question_code
        and changes.code = touched.code
        and changes.scale = touched.scale
