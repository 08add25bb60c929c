"""Define a programme with cohorts of 20 structures, six occasions, 40 indicators and a table of participants."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from schemas.programme import Programme

ITEMS, CORE = 40, 20
OCCASIONS = (3, 6, 9, 12, 15, 18)
PHASES = {6: 1, 12: 2, 18: 3}
"""The evaluation phase that ends at an occasion, by months."""
NAMED = ("persons_concerned", "persons_returned_to_work", "professionals", "companies")
"""The indicators of the consolidated table, which the first items report."""
IN_A_COHORT = 20
SHEET, TABLE = "Suivi", "Participants"
COLUMNS = ("emploi", "contrat", "formation")
"""The columns of the participants table, without identifiers."""

LAST_ANCHOR = date(2024, 6, 30)
FIRST_ANCHOR = date(2001, 6, 30)
_YES_NO = "oui|non"
_CONTRACTS = "CDI|CDD|interim"


def item(number: int) -> str:
    """Return the code of an item; every fifth item is a recoded choice."""
    return f"{SHEET}!i{number:02}"


def is_choice(number: int) -> bool:
    """Return whether an item is a choice."""
    return number % 5 == 4


def programme(structures: int) -> Programme:
    """Return the programme; its cohorts span 23 years, so about 1 % of the returns fall due in a quarter."""
    cohorts = max(1, structures // IN_A_COHORT)
    between = (LAST_ANCHOR - FIRST_ANCHOR) / max(1, cohorts - 1)
    innovations = [f"I{number}" for number in range(8)]
    rows = [
        {"code": "nom", "label": "Nom", "role": "identifier"},
        {"code": "emploi", "label": "Emploi", "allowed_values": _YES_NO.split("|")},
        {"code": "contrat", "label": "Contrat", "allowed_values": _CONTRACTS.split("|")},
        {"code": "formation", "label": "Formation", "allowed_values": _YES_NO.split("|")},
    ]
    settings = {
        "programme": "banc",
        "name": "Banc",
        "timezone": "Europe/Paris",
        "occasions": [
            {"code": f"M{months:02}", "months": months, "phase": PHASES.get(months)} for months in OCCASIONS
        ],
        "innovations": [
            {"code": code, "name": code, "result": {"indicator": "n05", "above": 200}} for code in innovations
        ],
        "cohorts": [
            {
                "code": f"C{number:04}",
                "innovation": innovations[number % len(innovations)],
                "name": f"C{number:04}",
                "anchor_on": LAST_ANCHOR - between * number if number else LAST_ANCHOR,
            }
            for number in range(cohorts)
        ],
        "evaluators": [
            {"code": f"E{code}", "name": "E", "email": "evaluator@example.org", "follows": [code]}
            for code in innovations
        ],
        "instruments": [
            {
                "code": "tableau", "name": "T", "kind": "workbook", "filled_by": "structure", "mode": "data_table",
                "innovations": innovations,
                "versions": [{
                    "version": 1,
                    "occasions": [f"M{months:02}" for months in OCCASIONS],
                    "sheets": [
                        {"name": SHEET, "items": [
                            {"code": item(number).partition("!")[2], "label": f"Question {number}"}
                            for number in range(ITEMS)
                        ]},
                        {"name": TABLE, "columns": rows},
                    ],
                }],
            }
        ],
        "participants": {
            "entered_work": {"indicator": "p_emploi", "values": ["oui"]},
            "contract_kind": "p_contrat",
            "in_training": {"indicator": "p_formation", "values": ["oui"]},
        },
        "sources": {"inbox": {"path": "inbox"}},
    }  # fmt: skip
    codes = [*NAMED, *(f"{'c' if is_choice(number) else 'n'}{number:02}" for number in range(len(NAMED), ITEMS))]
    indicators = [_indicator(code, rank) for rank, code in enumerate(codes)]
    choices = {"emploi": _YES_NO, "contrat": _CONTRACTS, "formation": _YES_NO}
    people = [
        {**_indicator(f"p_{column}", len(NAMED)), "level": "participant", "allowed_values": choices[column],
         "is_core": False}
        for column in COLUMNS
    ]  # fmt: skip
    crosswalk = [
        {"instrument_code": "tableau", "version": 1, "item": item(number), "indicator_code": code,
         "recode": "adoption" if is_choice(number) else None}
        for number, code in enumerate(codes)
    ] + [
        {"instrument_code": "tableau", "version": 1, "item": f"{TABLE}!{column}", "indicator_code": f"p_{column}"}
        for column in COLUMNS
    ]  # fmt: skip
    cohort_of = [min(number // IN_A_COHORT, cohorts - 1) for number in range(structures)]
    recodes = {"oui": "adopted", "en cours": "in_progress", "partiel": "partial", "non": "no"}
    return Programme.model_validate(
        {
            "version": "of the benchmark",
            "settings": settings,
            "enrolments": [
                {
                    "structure_code": f"S{number:05}",
                    "structure_name": f"Structure inventée {number}",
                    "cohort_code": f"C{cohort:04}",
                    "is_invented": True,
                }
                for number, cohort in enumerate(cohort_of)
            ],
            "indicators": indicators + people,
            "crosswalk": crosswalk,
            "recodes": [
                {"recode": "adoption", "source_value": source, "value": value} for source, value in recodes.items()
            ],
            "published": list(_published(innovations, Counter(cohort % len(innovations) for cohort in cohort_of))),
        }
    )


def today() -> date:
    """Return a date whose quarter has due returns of every occasion, including the first of the newest cohort."""
    return LAST_ANCHOR + timedelta(days=31 * OCCASIONS[0])


def _published(innovations: list[str], structures: Counter[int]) -> Iterator[dict]:
    """Yield the figures of two invented reports for each innovation and TOTAL, some of them not communicated.

    The number of structures is correct; for every other innovation, a second report contradicts it.
    """
    counts = [structures[number] for number in range(len(innovations))]
    for place, (code, count) in enumerate(zip([*innovations, "TOTAL"], [*counts, sum(counts)], strict=True)):
        figures = [("structures", None, count), ("left", None, place % 2)]
        if place % 2:
            figures.append(("structures", None, count + 1))
        for rank, indicator in enumerate(NAMED):
            printed = "nc" if (place + rank) % 3 == 0 else 225 * count
            figures += [("value", indicator, printed), ("per_structure", indicator, "237,5")]
        for number, (measure, indicator, printed) in enumerate(figures):
            yield {
                "published_code": f"{code}-{number:02}", "innovation_code": code, "measure": measure,
                "indicator_code": indicator, "printed": str(printed), "source": "R", "place": "annexe",
            }  # fmt: skip


def _indicator(code: str, rank: int) -> dict:
    number = not is_choice(rank)
    return {
        "indicator_code": code, "label_fr": code, "label_en": code, "level": "structure",
        "kind": "count" if number else "choice", "minimum": 0 if number else None, "maximum": 500 if number else None,
        "allowed_values": None if number else "adopted|in_progress|partial|no",
        "over_structures": "sum" if number else "none", "is_core": rank < CORE,
        "publication_rank": rank + 1 if number and rank < 10 else None,
    }  # fmt: skip
