-- Whether each correction applies depends on the answer of the version alone: not on which version counts, which may
-- depend on the completeness that the correction changes.
with corrections as (

    select * from {{ ref('stg_programme__corrections') }}

),

returns as (

    select * from {{ ref('stg_returns') }}
    where outcome = 'loaded'

),

corrected as (

    select
        returns.return_id,
        returns.loaded_at,
        corrections.expected_return_id,
        corrections.respondent,
        corrections.item,
        corrections.rank,
        corrections.old_value,
        corrections.new_value,
        corrections.reason,
        corrections.author
    from corrections
    inner join returns
        on
            corrections.expected_return_id = returns.expected_return_id
            and (corrections.respondent = '' or corrections.respondent = returns.respondent)

),

answered as (

    select
        corrected.*,
        {{ plain_text('stg_answers.answer_text') }} as answer
    from corrected
    left join {{ ref('stg_answers') }} as stg_answers
        on {{ is_same_load('stg_answers', 'corrected') }} and corrected.item = stg_answers.item

),

compared as (

    select
        *,
        case when {{ is_same_answer('answer', 'old_value') }} then rank end as old_rank,
        case when {{ is_same_answer('answer', 'new_value') }} then rank end as new_rank
    from answered

),

-- The corrections of one answer continue from each other: the first one that fits it applies, and those after it.
ranked as (

    select
        *,
        min(old_rank) over (partition by return_id, item) as first_rank,
        max(new_rank) over (partition by return_id, item) as corrected_rank,
        max(rank) over (partition by return_id, item) as last_rank
    from compared

)

select
    return_id,
    item,
    rank,
    expected_return_id,
    respondent,
    answer,
    new_value,
    reason,
    author,
    case
        when rank >= first_rank then 'applied'
        when rank <= corrected_rank then 'not_needed'
        else 'not_applied'
    end as state,
    coalesce(rank >= first_rank and rank = last_rank, false) as is_in_force
from ranked
