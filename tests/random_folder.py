"""Write the folder of a random programme, and make the surveys that it declares."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from random_programme import (
    CHOICES,
    HIGHEST,
    LISTS,
    OPTIONS,
    Asked,
    Drawn,
    RandomProgramme,
    is_mapped,
    joining_questions,
)

from tasks.simulator import Survey

EMPTY = Path(__file__).parent / "data" / "limesurvey" / "surveys" / "mini_datee_fr.lss"
"""A survey whose settings the random surveys have, with other questions."""
SHEET, TABLE = "Données", "Personnes"


def write_folder(programme: RandomProgramme, folder: Path) -> None:
    """Write a programme folder, without questionnaires."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    instruments = [{**one.settings, "versions": _versions(one)} for one in programme.instruments]
    sources = {"limesurvey": {"url": "http://127.0.0.1:1/", "page_size": 7}, "inbox": {"settle_seconds": 0}}
    settings = {**programme.settings, "instruments": instruments, "sources": sources}
    tables = {
        "structures.csv": [
            ("structure_code", "structure_name", "cohort_code", "left_on", "is_invented", "contact", "anchor_on"),
            *(
                (
                    structure,
                    f"Structure {structure}",
                    cohort,
                    left_on or "",
                    "true",
                    "accueil@example.org",
                    programme.anchors.get((structure, cohort), ""),
                )
                for structure, cohort, left_on in programme.enrolments
            ),
        ],
        "codebook.csv": _codebook(programme.instruments),
        "crosswalk.csv": _crosswalk(programme.instruments),
        "recodes.csv": _recodes(programme.instruments),
    }
    (folder / "programme.yaml").write_text(json.dumps(settings, indent=1, default=str), encoding="utf-8")
    for name, rows in tables.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        (folder / name).write_text(text.getvalue(), encoding="utf-8")


def surveys_of(programme: RandomProgramme) -> list[Survey]:
    """Return the surveys that the instruments declare, active and without participants and responses."""
    return [
        _survey(instrument, instrument.first_survey + place)
        for instrument in programme.instruments
        if instrument.is_survey
        for place in range(len(instrument.versions))
    ]


def _versions(instrument: Drawn) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, occasions in enumerate(instrument.versions, 1):
        row: dict[str, Any] = {"version": number, "occasions": list(occasions)}
        if instrument.is_survey:
            row["survey_id"] = instrument.first_survey + number - 1
        else:
            row["sheets"] = [{"name": SHEET, "items": [_item(one) for one in instrument.questions]}]
            row["sheets"] += [_people()] if instrument.has_people else []
        rows.append(row)
    return rows


def _item(one: Asked) -> dict[str, Any]:
    item: dict[str, Any] = {"code": one.code, "label": f"Question {one.code}", "required": one.is_required}
    return {**item, "allowed_values": list(OPTIONS)} if one.options else item


def _people() -> dict[str, Any]:
    return {
        "name": TABLE,
        "columns": [
            {"code": "nom", "label": "Nom", "role": "identifier", "required": True},
            {"code": "travail", "label": "Travail", "allowed_values": ["oui", "non"]},
            {"code": "contrat", "label": "Contrat", "allowed_values": ["CDI", "CDD"]},
        ],
        "rules": [{"column": "contrat", "needed_where": {"travail": ["oui"]}}],
    }


def _codebook(instruments: Iterable[Drawn]) -> list[Sequence[object]]:
    names = ("indicator_code", "label_fr", "label_en", "level", "kind", "minimum", "maximum", "allowed_values")
    rows: list[Sequence[object]] = [(*names, "over_structures", "over_respondents", "is_core", "publication_rank")]
    rank = 0
    for instrument in instruments:
        for one in instrument.questions:
            code, kind = f"{instrument.code}_{one.code}", _kind(one, several=instrument.several)
            is_number = kind in ("number", "count")
            rank += is_number
            over = ("sum" if one.letter in "NK" else "mean") if is_number else "none"
            rows.append(
                (
                    *(code, f"Indicateur {code}", f"Indicator {code}", "structure", kind),
                    *((0, HIGHEST) if is_number else ("", "")),
                    "|".join(CHOICES) if kind == "choice" else "",
                    *(over, "mean" if is_number and instrument.several else "", str(one.is_core).lower()),
                    rank if is_number else "",
                )
            )
        if instrument.has_people:
            code = f"{instrument.code}_contrat"
            rows.append((code, "Contrat", "Contract", "participant", "text", "", "", "", "none", "", "true", ""))
    return rows


def _kind(one: Asked, *, several: bool) -> str:
    if one.options:
        return "number" if several else "choice"
    return {"N": "number", "K": "count", "S": "text", "D": "date"}[one.letter]


def _crosswalk(instruments: Iterable[Drawn]) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [("instrument_code", "version", "item", "indicator_code", "recode")]
    for instrument in instruments:
        for version in range(1, len(instrument.versions) + 1):
            rows += [
                (
                    instrument.code,
                    version,
                    one.heading if instrument.is_survey else f"{SHEET}!{one.code}",
                    f"{instrument.code}_{one.code}",
                    _recode(instrument, one) if one.options else "",
                )
                for one in instrument.questions
                if is_mapped(instrument, one)
            ]
            if instrument.has_people:
                rows.append((instrument.code, version, f"{TABLE}!contrat", f"{instrument.code}_contrat", ""))
    return rows


def _recode(instrument: Drawn, one: Asked) -> str:
    return f"{'share' if instrument.several else 'level'}_{one.letter if one.letter in 'YM' else 'L'}"


def _recodes(instruments: Iterable[Drawn]) -> list[Sequence[object]]:
    rows: dict[tuple[str, str], tuple[str, str]] = {}
    for instrument in instruments:
        values = ("1", "0") if instrument.several else CHOICES
        for one in instrument.questions:
            for place, option in enumerate(one.options):
                reason = "not_communicated" if option == "nsp" else ""
                rows[_recode(instrument, one), option] = ("" if reason else values[min(place, 1)], reason)
    return [("recode", "source_value", "value", "missing_reason"), *((*key, *row) for key, row in rows.items())]


def _survey(instrument: Drawn, number: int) -> Survey:
    survey = Survey.from_lss(EMPTY)
    for code in ("adopt", "budget", "nom"):
        survey.remove_question(code)
    survey.sid = number
    survey.settings["alloweditaftercompletion"] = "Y"
    for code in ("nom", *joining_questions(instrument)):
        survey.add_question(code, "S", f"Question {code}")
    for one in instrument.questions:
        survey.add_question(
            one.code,
            one.letter,
            f"Question {one.code} ?",
            options={option: f"Réponse {option}" for option in OPTIONS} if one.letter in LISTS else None,
            subquestions={"a": "Une ligne"} if one.letter in "KM" else None,
        )
        if one.shown_where is not None:
            survey.question(one.code).relevance = '{}.NAOK == "{}"'.format(*one.shown_where)
    survey.activate()
    return survey
