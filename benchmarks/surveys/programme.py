"""Define a programme with one large survey: 500 structures with many respondents each."""

import csv
from pathlib import Path

from tasks.simulator import State, Survey, User

SURVEY_FILE = Path(__file__).parents[2] / "tests" / "data" / "limesurvey" / "surveys" / "charge_fr.lss"
SURVEY = 781239
USER = User("collector", "a-password-of-the-benchmark")
STRUCTURES = [f"S{number:03}" for number in range(500)]

_SETTINGS = f"""\
programme: large
name: A large survey
timezone: Europe/Paris
schedule: {{opens_days_before: 366, grace_days: 15}}
occasions: [{{code: M06, months: 6}}]
innovations: [{{code: I, name: An innovation}}]
cohorts: [{{code: C, innovation: I, name: A cohort, anchor_on: 2025-10-31}}]
evaluators: [{{code: E, name: An evaluator, email: evaluator@example.org, follows: [I]}}]
instruments:
  - code: survey
    name: The survey
    kind: limesurvey
    filled_by: structure
    mode: online
    innovations: [I]
    identifiers: [contacts]
    respondents: {{several: true, minimum: 10}}
    versions: [{{version: 1, occasions: [M06], survey_id: {SURVEY}}}]
sources:
  limesurvey: {{url: "http://127.0.0.1/index.php/admin/remotecontrol", timezone: Europe/Paris, page_size: 5000}}
"""
_NUMBERS = ("nbsal", "nbben", "budget", "benef[femmes]", "benef[hommes]", "benef[jeunes]")


def state(responses: int) -> State:
    """Return a simulated server with the survey, its participants and a number of responses."""
    survey = Survey.from_lss(SURVEY_FILE)
    survey.activate()
    for code in STRUCTURES:
        survey.add_participant(token=f"token-{code}", attributes={"attribute_1": code, "attribute_2": "C"})
    survey.fill(responses, seed=1)
    return State([survey], [USER])


def write_programme(folder: Path) -> None:
    """Write the programme folder; six columns of the survey are mapped to indicators."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "programme.yaml").write_text(_SETTINGS, encoding="utf-8")
    _write(
        folder / "structures.csv",
        ("structure_code", "structure_name", "cohort_code", "is_invented"),
        [(code, f"Structure {code}", "C", "true") for code in STRUCTURES],
    )
    columns = "indicator_code label_fr label_en level kind minimum over_structures over_respondents is_core"
    numbers = [(_code(item), item, item, "structure", "number", 0, "sum", "mean", "true") for item in _NUMBERS]
    _write(folder / "codebook.csv", tuple(columns.split()), numbers)
    _write(
        folder / "crosswalk.csv",
        ("instrument_code", "version", "item", "indicator_code"),
        [("survey", 1, item, _code(item)) for item in _NUMBERS],
    )
    _write(folder / "recodes.csv", ("recode", "source_value", "value", "missing_reason"), [])


def _code(item: str) -> str:
    return item.replace("[", "_").replace("]", "")


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
