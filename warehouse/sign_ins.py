"""Keep who is signed in at the desk, which links were used or revoked, and what was done: tables of the intake."""

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from schemas.intake import AUDIT, REVOKED_LINKS, SESSIONS, USED_LINKS
from warehouse.intake import now


def use_link(intake: sa.Engine, link_id: str) -> bool:
    """Use up a link; False if it was used before."""
    try:
        with intake.begin() as connection:
            connection.execute(sa.insert(USED_LINKS).values(link_id=link_id, used_at=now()))
    except IntegrityError:
        return False
    return True


def begin_session(intake: sa.Engine, session_sha256: str, recipient_code: str, ends_at: datetime) -> None:
    """Begin a session.

    Args:
        intake: The open intake.
        session_sha256: sha256 of the secret that the browser keeps.
        recipient_code: Code of the evaluator, or `_lead`.
        ends_at: UTC, without a zone.
    """
    values = {"session_sha256": session_sha256, "recipient_code": recipient_code, "began_at": now(), "ends_at": ends_at}
    with intake.begin() as connection:
        connection.execute(sa.insert(SESSIONS).values(values))


def session_of(intake: sa.Engine, session_sha256: str) -> str | None:
    """Return the code of the person whose session this is; None if it has ended or never began."""
    is_present = (SESSIONS.c.session_sha256 == session_sha256) & (SESSIONS.c.ends_at > now())
    with intake.connect() as connection:
        return connection.scalar(sa.select(SESSIONS.c.recipient_code).where(is_present))


def end_session(intake: sa.Engine, session_sha256: str) -> None:
    """End a session."""
    with intake.begin() as connection:
        of_session = SESSIONS.c.session_sha256 == session_sha256
        connection.execute(sa.update(SESSIONS).where(of_session).values(ends_at=now()))


def revoke_links(intake: sa.Engine, expected_return_id: str) -> None:
    """Revoke all links to an expected return that were made so far."""
    with intake.begin() as connection:
        connection.execute(sa.insert(REVOKED_LINKS).values(expected_return_id=expected_return_id, revoked_at=now()))


def links_revoked_at(intake: sa.Engine, expected_return_id: str) -> datetime | None:
    """Return when the links to an expected return were last revoked, UTC; None if they never were."""
    of_return = REVOKED_LINKS.c.expected_return_id == expected_return_id
    with intake.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(REVOKED_LINKS.c.revoked_at)).where(of_return))


def record_action(intake: sa.Engine, who: str, action: str, subject_id: str = "") -> None:
    """Record in the audit what somebody did."""
    values = {"entry_id": uuid4().hex, "at": now(), "who": who, "action": action, "subject_id": subject_id}
    with intake.begin() as connection:
        connection.execute(sa.insert(AUDIT).values(values))


def count_actions(intake: sa.Engine, who: str, action: str, since: datetime) -> int:
    """Return how often somebody has done something since an instant (UTC)."""
    condition = (AUDIT.c.who == who) & (AUDIT.c.action == action) & (AUDIT.c.at >= since)
    with intake.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(condition)) or 0
