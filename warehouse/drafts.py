"""Keep the forms that people have begun or submitted at the desk: a table of the intake."""

from datetime import datetime

import sqlalchemy as sa

from schemas.intake import DRAFTS
from warehouse.intake import now


def save_draft(intake: sa.Engine, expected_return_id: str, recipient_code: str, answers: bytes) -> None:
    """Keep the answers so far in the place of earlier ones.

    Args:
        intake: The open intake.
        expected_return_id: The expected return.
        recipient_code: Code of the person.
        answers: The sealed answers.
    """
    with intake.begin() as connection:
        connection.execute(sa.delete(DRAFTS).where(_is_of(expected_return_id, recipient_code)))
        connection.execute(
            sa.insert(DRAFTS).values(
                expected_return_id=expected_return_id, recipient_code=recipient_code, saved_at=now(), answers=answers
            )
        )


def draft_of(intake: sa.Engine, expected_return_id: str, recipient_code: str) -> tuple[datetime, bytes] | None:
    """Return when a form was last saved (UTC), and its sealed answers; None if it was not begun."""
    statement = sa.select(DRAFTS.c.saved_at, DRAFTS.c.answers).where(_is_of(expected_return_id, recipient_code))
    with intake.connect() as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else (row.saved_at, row.answers)


def _is_of(expected_return_id: str, recipient_code: str) -> sa.ColumnElement[bool]:
    return (DRAFTS.c.expected_return_id == expected_return_id) & (DRAFTS.c.recipient_code == recipient_code)
