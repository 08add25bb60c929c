"""Define a programme with two structures in one cohort, and its plan as the warehouse returns it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from schemas.programme import Programme
from tasks.schedule.expected_returns import plan

OCCASIONS = {"M03": 3, "M06": 6, "M09": 9, "M12": 12, "M15": 15, "M18": 18}


def programme(
    anchor_on: date = date(2018, 7, 31),
    structures: tuple[str, ...] = ("ICARE", "IPSO"),
    occasions: tuple[str, ...] = tuple(OCCASIONS),
    **schedule: int,
) -> Programme:
    """Return the programme, with a survey at the given occasions."""
    return Programme.model_validate(
        {
            "version": "0",
            "settings": {
                "programme": "essai",
                "name": "Essai",
                "timezone": "Europe/Paris",
                "schedule": schedule,
                "occasions": [{"code": code, "months": months} for code, months in OCCASIONS.items()],
                "innovations": [{"code": "VITA", "name": "VITA Air"}, {"code": "LREF", "name": "LREF"}],
                "cohorts": [
                    {"code": "VITA-1", "innovation": "VITA", "name": "première vague", "anchor_on": anchor_on},
                    {"code": "LREF-1", "innovation": "LREF", "name": "seule vague", "anchor_on": anchor_on},
                ],
                "evaluators": [{"code": "A", "name": "A", "email": "a@example.org", "follows": ["VITA", "LREF"]}],
                "instruments": [
                    {
                        "code": "suivi",
                        "name": "Suivi",
                        "kind": "limesurvey",
                        "filled_by": "structure",
                        "mode": "online",
                        "innovations": ["VITA"],
                        "versions": [{"version": 1, "occasions": list(occasions), "survey_id": 310601}],
                    }
                ],
            },
            "enrolments": [
                *({"structure_code": code, "structure_name": code, "cohort_code": "VITA-1"} for code in structures),
                {"structure_code": "FNICE", "structure_name": "Fondation de Nice", "cohort_code": "LREF-1"},
            ],
            "indicators": [],
            "crosswalk": [],
            "recodes": [],
        }
    )


def expected_returns(programme: Programme) -> list[dict[str, Any]]:
    """Return the plan of a programme, as rows whose values may be compared."""
    return [dict(row) for row in plan(programme)]


def planned(*rows: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the plan from the warehouse: the latest row of each return, with its load columns."""
    stamps = {"run_id": "collect-1", "known_at": datetime(2018, 8, 1), "loaded_at": datetime(2018, 8, 1)}
    return {row["expected_return_id"]: {**row, **stamps} for row in rows}
