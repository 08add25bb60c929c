"""Word the reasons for which a file is refused, and the remedies, for the structure that sent it."""

from collections.abc import Collection
from gettext import NullTranslations

from tasks.spreadsheets.cells import Refusal, RefusedError


def refusal_in_words(error: RefusedError, language: NullTranslations, files: Collection[str] = ()) -> str:
    """Return the reason and the remedy of a refusal, as sentences.

    Args:
        error: The refusal.
        language: The language of the sentences.
        files: The files of an archive that may be named. Others may be named after a person.
    """
    _ = language.gettext
    sentences = {
        Refusal.TOO_LARGE: _(
            "The file is larger than {limit} MB. Remove pictures and whatever was not asked for, and send it again."
        ),
        Refusal.EXPANDS: _(
            "The file expands to {size} MB, and at most {limit} are read. Copy its sheets into a new workbook."
        ),
        Refusal.TOO_MANY_PARTS: _("The file is made of {count} parts. Copy its sheets into a new workbook."),
        Refusal.TOO_FAR: _("A sheet extends to line {row}, column {column}. Delete the contents there."),
        Refusal.PASSWORD: _("The file is protected by a password. Send it again without one."),
        Refusal.OLD_FORMAT: _("The file is an old .xls. Save it as .xlsx and send it again."),
        Refusal.MACROS: _("The file holds macros (.xlsm). Save it as .xlsx, without macros, and send it again."),
        Refusal.OTHER_FORMAT: _(
            "A file of this kind ({suffix}) cannot be read. Save it as an Excel workbook (.xlsx), then send it."
        ),
        Refusal.WEB_PAGE: _("The file is a web page, not a workbook. Open it, save it as .xlsx and send it again."),
        Refusal.ENTITIES: _(
            "The file declares entities, which no spreadsheet program writes. Copy its sheets into a new workbook."
        ),
        Refusal.BROKEN: _("The file is not a complete workbook. Save it again as .xlsx and send it again."),
        Refusal.BROKEN_CSV: _("From line {line} on, the file is no CSV: a quote was opened there or before, and not "
                              "closed. Save it again, as .xlsx if you can."),
        Refusal.NO_CSV_SET: _(
            "A ZIP archive must hold the CSV files of one return and nothing else, each named after its sheet. Make "
            "it of them alone, or send a workbook (.xlsx or .ods)."
        ),
        Refusal.ENCODING: _(
            "Line {line} has a sign that can be read as {readings}: the file does not show its encoding. Save it as "
            ".xlsx, or as CSV in UTF-8, and send it again."
        ),
        Refusal.BAD_BYTE: _(
            "Line {line} has a sign that does not exist in {encoding}, the encoding of the file. Save it as .xlsx, or "
            "as CSV in UTF-8, and send it again."
        ),
        Refusal.TOO_MUCH: _(
            "The file could not be read to its end within the memory and the time that a file is given. "
            "Copy its sheets into a new workbook and send that."
        ),
    }  # fmt: skip
    file = error.details.get("file")
    return (f"{file}: " if file in files else "") + sentences[error.refusal].format(**error.details)


def unforeseen_in_words(what: str, language: NullTranslations) -> str:
    """Word an unforeseen error, for the structure that sent the file.

    Args:
        what: The kind of the error and its reference in the log (`record_unforeseen`).
        language: The language of the sentences.
    """
    _ = language.gettext
    return _(
        "Essaim met an error that it did not foresee ({what}). Whoever runs Essaim finds it in var/errors.log; "
        "the file itself may be right."
    ).format(what=what)
