"""Read the structure of a survey from an `.lss` export file, as the import of the server does."""

from __future__ import annotations

from typing import TypeVar
from xml.parsers import expat

from tasks.simulator.model import Group, Numbering, Option, Question, Text
from tasks.simulator.structure import Structure

_LONGEST_OPTION_CODE = 5


S = TypeVar("S", bound=Structure)


def read_lss(kind_of_survey: type[S], document: bytes) -> S:
    """Read a survey structure.

    As on the server, answer options with a code of more than 5 characters or a repeated code are dropped, and
    underscores are removed from question codes. Unlike the server, question codes that are repeated stay as they are.

    Args:
        kind_of_survey: The class of the result.
        document: The content of the file.

    Raises:
        ValueError: The document is not a survey structure file.
    """
    kind, tables = _tables(document)
    if kind != "Survey" or not tables.get("surveys"):
        raise ValueError("This is not a survey structure file: it contains no survey.")
    settings: dict[str, str | None] = {name: value or None for name, value in tables["surveys"][0].items()}
    texts: dict[str, dict[str, str | None]] = {}
    for row in tables.get("surveys_languagesettings", []):
        texts[row["surveyls_language"]] = dict(row)
    groups = [
        Group(
            gid=int(row["gid"]),
            order=int(row["group_order"]),
            relevance=row.get("grelevance", ""),
            randomization=row.get("randomization_group", ""),
            names={},
            descriptions={},
        )
        for row in tables.get("groups", [])
    ]
    by_gid = {group.gid: group for group in groups}
    for row in tables.get("group_l10ns", []):
        group = by_gid[int(row["gid"])]
        group.names[row["language"]] = row["group_name"]
        group.descriptions[row["language"]] = row.get("description", "")
    questions = [_question(row) for row in tables.get("questions", [])]
    questions += [_question(row) for row in tables.get("subquestions", [])]
    _add_details(questions, tables)
    return kind_of_survey(
        sid=int(settings["sid"] or 0),
        settings=settings,
        texts=texts,
        groups=groups,
        questions=questions,
        numbering=_numbering(groups, questions),
    )


def _numbering(groups: list[Group], questions: list[Question]) -> Numbering:
    texts = [text.id for question in questions for text in question.texts.values()]
    return Numbering(
        1 + max((group.gid for group in groups), default=0),
        1 + max((question.qid for question in questions), default=0),
        1 + max(texts, default=0),
    )


def _question(row: dict[str, str]) -> Question:
    subquestion = row["parent_qid"] != "0"
    return Question(
        qid=int(row["qid"]),
        parent_qid=int(row["parent_qid"]),
        gid=int(row["gid"]),
        type=row["type"],
        title=row["title"] if subquestion else row["title"].replace("_", ""),
        other=row.get("other") or "N",
        mandatory=row.get("mandatory") or "N",
        encrypted=row.get("encrypted") or "N",
        order=int(row["question_order"]),
        scale_id=int(row.get("scale_id") or 0),
        relevance=row.get("relevance", ""),
        theme=row.get("question_theme_name") or None,
        preg=row.get("preg", ""),
        modulename=row.get("modulename", ""),
        same_default=int(row.get("same_default") or 0),
        same_script=int(row.get("same_script") or 0),
        texts={},
    )


def _add_details(questions: list[Question], tables: dict[str, list[dict[str, str]]]) -> None:
    by_qid = {question.qid: question for question in questions}
    for row in tables.get("question_l10ns", []):
        by_qid[int(row["qid"])].texts[row["language"]] = Text(
            id=int(row["id"]), question=row["question"], help=row.get("help", ""), script=row.get("script", "")
        )
    options: dict[str, Option] = {}
    for row in tables.get("answers", []):
        option = Option(
            code=row["code"],
            order=int(row["sortorder"]),
            assessment=int(row.get("assessment_value") or 0),
            scale_id=int(row.get("scale_id") or 0),
            texts={},
        )
        of_question = by_qid[int(row["qid"])].options
        is_repeated = any((one.code, one.scale_id) == (option.code, option.scale_id) for one in of_question)
        if is_repeated or len(option.code) > _LONGEST_OPTION_CODE:
            continue
        options[row["aid"]] = option
        of_question.append(option)
    for row in tables.get("answer_l10ns", []):
        if row["aid"] in options:
            options[row["aid"]].texts[row["language"]] = row["answer"]
    for row in tables.get("question_attributes", []):
        by_qid[int(row["qid"])].attributes[row["attribute"], row.get("language", "")] = row["value"]
    _add_conditions(by_qid, tables.get("conditions", []))
    defaults = {row["dvid"]: int(row["qid"]) for row in tables.get("defaultvalues", [])}
    for row in tables.get("defaultvalue_l10ns", []):
        by_qid[defaults[row["dvid"]]].default_values[row["language"]] = row["defaultvalue"]


def _add_conditions(by_qid: dict[int, Question], rows: list[dict[str, str]]) -> None:
    """Convert conditions of older versions to the relevance of their question, as the import does."""
    terms: dict[int, list[str]] = {}
    for row in rows:
        condition = by_qid[int(row["cqid"])]
        terms.setdefault(int(row["qid"]), []).append(f'({condition.title}.NAOK {row["method"]} "{row["value"]}")')
    for qid, own_terms in terms.items():
        by_qid[qid].relevance = f"({' and '.join(own_terms)})"


def _tables(document: bytes) -> tuple[str, dict[str, list[dict[str, str]]]]:
    """Return the document type and the rows of each table."""
    kind: list[str] = []
    tables: dict[str, list[dict[str, str]]] = {}
    path: list[str] = []
    text: list[str] = []
    depth_of_row = 4  # document, table, rows, row

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        text.clear()
        if len(path) == depth_of_row and path[2:] == ["rows", "row"]:
            tables.setdefault(path[1], []).append({})

    def end(name: str) -> None:
        if path == ["document", "LimeSurveyDocType"]:
            kind.append("".join(text))
        elif len(path) == depth_of_row + 1 and path[2:4] == ["rows", "row"]:
            tables[path[1]][-1][name] = "".join(text)
        path.pop()
        text.clear()

    def refuse(*_details: object) -> None:
        raise ValueError("This survey structure file declares a document type; entities are not accepted.")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ValueError(f"This is not a survey structure file: {error}.") from error
    return "".join(kind), tables
