"""The mail to a structure about what it owes: its content, and its words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from schemas.enums import AlertKind, StateReason
from tasks.alerts.digest import ToCorrect
from tasks.alerts.entries import on_one_line
from tasks.i18n import day_in_words, language

MOST_PLACES = 30
"""Highest number of places to correct listed for each return. The marked copy shows all of them."""

_CELL = re.compile(r"(?P<sheet>.+)!(?P<cell>[A-Z]{1,3}[0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A workbook to fill in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AskedReturn:
    """A return that a structure is asked for, or for its correction.

    Attributes:
        kind: Whether it is reminded of the return, or asked to correct it.
        is_on_time: True while the return is on time.
        reason: Why the return has not been received.
        to_correct: The places to correct, and what is expected there.
        workbook: The workbook to fill in, which is attached.
        is_survey: True if the return is a survey.
        survey: Address of the questionnaire, with the structure's token; None where its link is not known.
        send: Address of the structure's personal page for the return, if there is a desk.
        is_marked: True if that page has a copy in which the places to correct are marked.
    """

    kind: AlertKind
    instrument: str
    occasion: str
    due_on: date
    is_on_time: bool
    reason: StateReason = StateReason.NOTHING_CAME
    to_correct: tuple[ToCorrect, ...] = ()
    workbook: Attachment | None = None
    is_survey: bool = False
    survey: str | None = None
    send: str | None = None
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class StructureMail:
    """What one structure is asked for on one day, in one language. It names no other structure, and no value.

    Attributes:
        programme: Name of the programme.
        recipient_code: Code of the structure as a recipient.
        recipient: Mail address of the structure.
        sender: Mail address that the mail comes from.
        reply_to: Mail addresses that get the replies: those who follow the structure.
        answered_by: The names of these people.
        structure: Name of the structure.
        as_of: The day whose states the mail reports.
        message_id: Message-ID of the mail. With `dated`, it makes the same content the same mail to the byte.
        dated: Date of the mail.
        mailbox: Mail address to which workbooks are sent; None where they are sent to those who get the replies.
    """

    programme: str
    recipient_code: str
    recipient: str
    sender: str
    reply_to: tuple[str, ...]
    answered_by: tuple[str, ...]
    structure: str
    as_of: date
    returns: tuple[AskedReturn, ...]
    message_id: str
    dated: datetime
    mailbox: str | None = None
    locale: str = "fr"


@dataclass(frozen=True, slots=True)
class Asked:
    """A return in words.

    Attributes:
        how: What to do.
        address: Address of the button: the personal page, or the questionnaire; empty without one.
    """

    title: str
    where_it_stands: str
    to_correct: tuple[ToCorrect, ...]
    more_to_correct: str
    how: str
    address: str
    button: str


@dataclass(frozen=True, slots=True)
class StructureLetter:
    """The mail to a structure in words."""

    locale: str
    subject: str
    greeting: str
    opening: str
    returns: tuple[Asked, ...]
    personal: str
    questions: str
    thanks: str
    signature: str
    why: str


def structure_letter(mail: StructureMail) -> StructureLetter:
    """Put the mail to a structure into words."""
    _ = language(mail.locale).gettext
    programme = on_one_line(mail.programme)
    returns = tuple(_asked(mail, one) for one in mail.returns)
    names = ", ".join(on_one_line(name) for name in mail.answered_by)
    return StructureLetter(
        locale=mail.locale,
        subject=f"{_subject(mail)} · {programme}",
        greeting=_("Hello,"),
        opening=_("This mail is for {structure}, which takes part in {programme}.").format(
            structure=on_one_line(mail.structure), programme=programme
        ),
        returns=returns,
        personal=_("The links in this mail are for your structure only: please do not pass them on to anybody else.")
        if any(one.address for one in returns)
        else "",
        questions=_("A question, or something in the way? Just answer this mail: it reaches {names}.").format(
            names=names
        )
        if names
        else _("A question, or something in the way? Just answer this mail."),
        thanks=_("With many thanks,"),
        signature=programme,
        why=_(
            "You get this mail because your structure takes part in {programme}. The reminders stop as soon as your "
            "answer has come."
        ).format(programme=programme),
    )


def _subject(mail: StructureMail) -> str:
    words = language(mail.locale)
    _ = words.gettext
    if len(mail.returns) != 1:
        count = len(mail.returns)
        corrected = sum(one.kind is not AlertKind.REMINDED for one in mail.returns)
        if not corrected:
            subject = words.ngettext("{count} answer expected", "{count} answers expected", count)
        elif corrected == count:
            subject = words.ngettext("{count} workbook to correct", "{count} workbooks to correct", count)
        else:
            subject = _("{count} answers to send or to correct")
        return subject.format(count=count)
    (one,) = mail.returns
    if one.kind is not AlertKind.REMINDED:
        subject = _("{what}: something to correct")
    elif mail.as_of <= one.due_on:
        subject = _("{what}: expected by {day}")
    else:
        subject = _("{what}: we are still waiting for your answer")
    return subject.format(what=_title(one), day=day_in_words(one.due_on, mail.locale))


def _title(one: AskedReturn) -> str:
    return on_one_line(f"{one.instrument} ({one.occasion})")


def _asked(mail: StructureMail, one: AskedReturn) -> Asked:
    words = language(mail.locale)
    _ = words.gettext
    hidden = len(one.to_correct) - MOST_PLACES
    if one.send is not None:
        is_again = one.kind is not AlertKind.REMINDED or one.reason is StateReason.INCOMPLETE
        address, button = one.send, _("See and send again") if is_again else _("Send the workbook")
    else:
        address, button = one.survey or "", _("Answer the questionnaire")
    return Asked(
        title=_title(one),
        where_it_stands=_where_it_stands(mail, one),
        to_correct=tuple(
            ToCorrect(_place(mail, on_one_line(place.location)), on_one_line(place.expected))
            for place in one.to_correct[:MOST_PLACES]
        ),
        more_to_correct=words.ngettext("and {count} more place", "and {count} more places", hidden).format(count=hidden)
        if hidden > 0
        else "",
        how=" ".join(_how(mail, one)),
        address=address,
        button=button,
    )


def _place(mail: StructureMail, location: str) -> str:
    """Return a place in a workbook as people say it."""
    cell = _CELL.fullmatch(location)
    if cell is None:
        return location
    return language(mail.locale).gettext("sheet “{sheet}”, cell {cell}").format(**cell.groupdict())


def _where_it_stands(mail: StructureMail, one: AskedReturn) -> str:
    words = language(mail.locale)
    _ = words.gettext
    if one.kind is AlertKind.TO_BE_CORRECTED:
        return _("Thank you for what you sent. We can use it once these places are corrected:")
    if one.kind is AlertKind.NEWER_TO_BE_CORRECTED:
        return _(
            "Thank you for the new version. We can use it once these places are corrected; until then, what you sent "
            "before counts:"
        )
    match one.reason:
        case StateReason.BEGUN:
            return _("You have begun the questionnaire: it remains to be finished and submitted.")
        case StateReason.INCOMPLETE:
            return _("Thank you for what you sent. Too many answers are still missing for us to use it.")
        case StateReason.TOO_FEW_RESPONDENTS:
            return _("Some answers have come, thank you. We need those of a few more people of your structure.")
        case _:
            return _when(mail, one)


def _when(mail: StructureMail, one: AskedReturn) -> str:
    words = language(mail.locale)
    _ = words.gettext
    ahead = (one.due_on - mail.as_of).days
    if ahead > 0:
        sentence = words.ngettext(
            "We expect your answer by {day}, in {count} day.", "We expect your answer by {day}, in {count} days.", ahead
        )
    elif ahead == 0:
        sentence = _("We expect your answer today.")
    elif one.is_on_time:
        sentence = _("We expected your answer by {day}: there is still time to send it.")
    else:
        sentence = _("We expected your answer by {day}, and it has not reached us yet. It is not too late.")
    return sentence.format(day=day_in_words(one.due_on, mail.locale), count=ahead)


def _how(mail: StructureMail, one: AskedReturn) -> Iterator[str]:
    _ = language(mail.locale).gettext
    if one.is_survey:
        if one.survey is None:
            yield _("Use the link that you were given for this questionnaire, or ask us for it by answering this mail.")
    elif one.workbook is not None:
        name = on_one_line(one.workbook.name)
        yield _("The workbook to fill in is attached: {name}.").format(name=name)
        if one.send is not None:
            yield _(
                "Fill in the yellow cells, save it, and drop it on your page: you will see at once whether everything "
                "is in order."
            )
        else:
            yield _("Fill in the yellow cells, and save it under the same name.")
            yield _send_back(mail)
    elif one.send is None:
        yield _("Correct your workbook.") if one.kind is not AlertKind.REMINDED else _("Complete your workbook.")
        yield _send_back(mail)
    elif one.kind is AlertKind.REMINDED:
        yield _("Complete your workbook, and send it again on your page.")
    else:
        yield _("Correct your workbook, and send it again on your page.")
        if one.is_marked:
            yield _("A copy with these cells marked is there too.")


def _send_back(mail: StructureMail) -> str:
    _ = language(mail.locale).gettext
    if mail.mailbox is None:
        return _("Then send it back by answering this mail.")
    return _("Then send it to {address}: you will get an answer.").format(address=mail.mailbox)
