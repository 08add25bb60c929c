"""Declare the tables of the intake: what the desk and the mailbox have received, and who signed in.

The intake is in `var/intake.db` (SQLite), or in the schema `intake` of the warehouse's database. Runs apply its items.
Instants are UTC without a zone. No table names a participant: the contents of files are sealed with the landing key.
"""

from enum import StrEnum

import sqlalchemy as sa

METADATA = sa.MetaData(schema="intake")


class ItemKind(StrEnum):
    """What an item of the intake is."""

    WORKBOOK = "workbook"
    """A file for an expected return."""
    DECISION = "decision"
    """A decision about an expected return or an enrolment, or its reversal."""
    NOTE = "note"
    """A contact with a structure, such as a call that nobody answered. No run applies it."""


class ItemOutcome(StrEnum):
    """What a run has made of an item."""

    APPLIED = "applied"
    REFUSED = "refused"
    """A decision that contradicts what is known by then, or a discarded workbook. The detail states the reason."""
    SUPERSEDED = "superseded"
    """A decision of which a later one of its kind came before a run."""


class MailOutcome(StrEnum):
    """What a message of the mailbox was."""

    KEPT = "kept"
    """At least one file of it is kept as a return."""
    NO_WORKBOOK = "no_workbook"
    """A known sender, and no file: a person must read it."""
    NOT_USED = "not_used"
    """A known sender, and no file that can be used or that the sender may send."""
    UNKNOWN_SENDER = "unknown_sender"
    AUTOMATIC = "automatic"
    """An automatic reply, a bounce or mail of a list. It is never answered."""


class AnswerState(StrEnum):
    """What became of the answer to a message."""

    NONE = "none"
    """No answer is due."""
    DUE = "due"
    """It is to be sent: it was not begun yet, or the mail server could not accept it."""
    BEGUN = "begun"
    """It was being sent. If the process is killed there, it is not sent again."""
    SENT = "sent"
    REFUSED = "refused"
    """The mail server refused it permanently."""
    WITHHELD = "withheld"
    """The sender had as many answers as a day allows, or the message is old."""


ITEMS = sa.Table(
    "items",
    METADATA,
    sa.Column("item_id", sa.Text, primary_key=True, comment="Identifier, made with the form: sent twice, kept once."),
    sa.Column("kind", sa.Text, nullable=False, comment="workbook, decision or note."),
    sa.Column("subject_id", sa.Text, nullable=False, comment="The expected return, or the enrolment that left."),
    sa.Column("received_at", sa.DateTime, nullable=False, comment="When it was acknowledged, UTC."),
    sa.Column("received_from", sa.Text, nullable=False, comment="Code of the evaluator, _lead, or structure."),
    sa.Column(
        "payload",
        sa.Text,
        nullable=False,
        comment="The decision, the note, or the suffix of the file and its places to correct, as JSON.",
    ),
    sa.Column("content", sa.LargeBinary, comment="The file, sealed with the landing key; null for decisions."),
    sa.Column("sha256", sa.Text, comment="sha256 of the file as received."),
    sa.Column("settled_at", sa.DateTime, comment="When a run applied or refused it, UTC; null while it waits."),
    sa.Column("run_id", sa.Text, comment="The run that settled it."),
    sa.Column("outcome", sa.Text, comment="applied, refused or superseded."),
    sa.Column("detail", sa.Text, comment="Why it was refused."),
    comment="One row per file or decision that the desk or the mailbox has acknowledged.",
)
USED_LINKS = sa.Table(
    "used_links",
    METADATA,
    sa.Column("link_id", sa.Text, primary_key=True, comment="Identifier in the link."),
    sa.Column("used_at", sa.DateTime, nullable=False, comment="When somebody signed in with it, UTC."),
    comment="One row per link by which somebody has signed in. It is of no use again.",
)
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session_sha256", sa.Text, primary_key=True, comment="sha256 of the secret in the browser's cookie."),
    sa.Column("recipient_code", sa.Text, nullable=False, comment="Code of the evaluator, or _lead."),
    sa.Column("began_at", sa.DateTime, nullable=False, comment="UTC."),
    sa.Column("ends_at", sa.DateTime, nullable=False, comment="When it ends, or was ended by signing out, UTC."),
    comment="One row per session of an evaluator or the lead.",
)
REVOKED_LINKS = sa.Table(
    "revoked_links",
    METADATA,
    sa.Column("expected_return_id", sa.Text, nullable=False, comment="cohort/structure/occasion/instrument."),
    sa.Column("revoked_at", sa.DateTime, nullable=False, comment="Links made before are of no use, UTC."),
    comment="One row per revocation of the links by which a structure sends a return.",
)
DRAFTS = sa.Table(
    "drafts",
    METADATA,
    sa.Column("expected_return_id", sa.Text, primary_key=True, comment="cohort/structure/occasion/instrument."),
    sa.Column("recipient_code", sa.Text, primary_key=True, comment="Code of the evaluator, or _lead."),
    sa.Column("saved_at", sa.DateTime, nullable=False, comment="UTC."),
    sa.Column("answers", sa.LargeBinary, nullable=False, comment="The answers so far, sealed with the landing key."),
    comment="One row per form that a person has begun or submitted: corrected, it is submitted again.",
)
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("entry_id", sa.Text, primary_key=True, comment="Random identifier."),
    sa.Column("at", sa.DateTime, nullable=False, comment="UTC."),
    sa.Column("who", sa.Text, nullable=False, comment="Code of the evaluator, _lead, structure or mailbox."),
    sa.Column("action", sa.Text, nullable=False, comment="What was done, such as signed_in or downloaded."),
    sa.Column("subject_id", sa.Text, nullable=False, comment="The expected return, the enrolment, or empty."),
    comment="One row per action at the desk.",
)
MAILS = sa.Table(
    "mails",
    METADATA,
    sa.Column("message_key", sa.Text, primary_key=True, comment="sha256 of what identifies the message."),
    sa.Column("sender_sha256", sa.Text, nullable=False, comment="sha256 of the programme and the sender's address."),
    sa.Column("recorded_at", sa.DateTime, nullable=False, comment="When its files were kept, UTC."),
    sa.Column("outcome", sa.Text, nullable=False, comment="kept, no_workbook, not_used, unknown_sender or automatic."),
    sa.Column("notes", sa.Text, nullable=False, comment="What a person must know of it, as a JSON list of sentences."),
    sa.Column("needs_a_person", sa.Boolean, nullable=False, comment="Whether it is flagged in the mailbox."),
    sa.Column("answer", sa.Text, nullable=False, comment="none, due, begun, sent, refused or withheld."),
    sa.Column("answered_at", sa.DateTime, comment="When the answer was begun, UTC; null while it was not."),
    comment="One row per message of the mailbox of which the files are kept, or that is set aside.",
)
