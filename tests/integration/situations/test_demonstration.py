"""Test the demonstration as of 31 March 2019, through the command line on both engines.

It is collected once on each engine, from a survey of the third phase in which ISA answers that it has no professionals,
so the server shows three more questions to ISA no longer. The test of a situation names it by its number: 2.1, 2.3,
2.4, 2.13 to 2.15.
"""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from commands import Commands
from running import AS_OF, Demo, demonstration_state, served

from schemas.settings import ProjectPaths

HIDDEN = ("entreprises", "adoption", "poursuite")
"""The core questions that are asked only where there are professionals."""


@pytest.fixture(scope="module")
def commands(environment: pytest.MonkeyPatch, demo: Demo, folder: Path) -> Generator[Commands]:
    shutil.copytree(demo.folder, folder, ignore=shutil.ignore_patterns("var"), dirs_exist_ok=True)
    state = demonstration_state()
    survey = state.surveys[310603]
    for code in HIDDEN:
        survey.question(code).relevance = "professionnels.NAOK > 0"
    (isa,) = [row for row in survey.participants.values() if row.attributes["attribute_1"] == "ISA"]
    (response,) = [row for row in survey.responses.values() if row.token == isa.token]
    survey.edit(response.id, {"professionnels": "0", **dict.fromkeys(HIDDEN)})
    with served(environment, state):
        commands = Commands(folder)
        commands.run("collect", "--as-of", str(AS_OF))
        yield commands


def test_a_zero_that_hides_the_other_core_questions_is_a_finished_return(commands: Commands) -> None:
    """Situation 2.1."""
    this = "enrolment_id = 'VITA-1/ISA' and occasion_code = 'M18'"
    assert commands.rows(
        f"select state, answered_pct from analytics.return_status where {this} and instrument_code = 'suivi'"
    ) == [("received", 100)]
    mails = list(ProjectPaths(commands.folder).mails.glob("*.eml"))
    recipients = [path.stem.split("_")[-2] for path in mails]
    assert recipients
    read = "".join(text for recipient in recipients for text in commands.mail(recipient, AS_OF).values())
    assert "VITA-1/VITA04/M18/suivi" in read
    assert "VITA-1/ISA/M18/suivi" not in read
    codes = "indicator_code in ('professionals', 'companies', 'adoption_status', 'will_continue')"
    assert commands.rows(
        "select indicator_code, value_number, missing_reason, obs_status from analytics.cohort_panel "
        f"where {this} and {codes} order by indicator_code"
    ) == [
        ("adoption_status", None, "not_shown", "M"),
        ("companies", None, "not_shown", "M"),
        ("professionals", 0, None, "A"),
        ("will_continue", None, "not_shown", "M"),
    ]


def test_a_grid_of_the_evaluator_is_no_answer_of_the_structure(commands: Commands) -> None:
    """Situation 2.3."""
    patterns = commands.rows(
        "select group_code, presence_pattern, presence_class, is_enrolment_balanced from analytics.enrolment_presence "
        "where enrolment_id = 'VITA-1/VITA04'"
    )
    silent, answered = ("110", "intermittent", False), ("111", "always", True)
    assert {code: tuple(row) for code, *row in patterns} == {
        "structure": silent, "suivi": silent, "tableau": silent, "evaluator": answered, "grille_vita": answered,
    }  # fmt: skip
    panel = "select distinct presence_pattern, presence_class, is_enrolment_balanced from analytics.cohort_panel "
    assert commands.rows(panel + "where enrolment_id = 'VITA-1/VITA04'") == [silent]


def test_two_misses_in_a_row_are_found_by_instrument(commands: Commands) -> None:
    """Situation 2.3."""
    assert commands.rows(
        "select enrolment_id, group_code, presence_pattern, n_misses_in_a_row from analytics.enrolment_presence "
        "where n_misses_in_a_row > 1"
    ) == [("GARDIEN-1/GARD07", "tableau", "100", 2)]


def test_a_balanced_series_compares_the_same_structures_at_each_occasion(commands: Commands) -> None:
    """Situation 2.4."""
    assert commands.rows(
        "select months, sum(value_number), count(value_number) from analytics.cohort_panel "
        "where is_balanced and is_due and cohort_code = 'VITA-1' and indicator_code = 'persons_concerned' "
        "group by months order by months"
    ) == [(6, 15, 1), (12, 30, 1), (18, 46, 1)]


def test_where_all_have_reached_a_result_the_share_stays_at_one(commands: Commands) -> None:
    """Situation 2.13."""
    for innovation in ("TAPAJ", "SOLENI"):
        _, at_3, *afterwards = shares(commands, innovation)
        assert at_3 is None
        assert afterwards == [1.0] * 5, innovation


def test_before_a_result_is_asked_there_is_no_share(commands: Commands) -> None:
    """Situation 2.14."""
    months, *reached = shares(commands, "GARDIEN")
    assert (months, reached[:3], reached[-1]) == (12, [None, None, None], 1.0)


def shares(commands: Commands, innovation: str) -> list[float | None]:
    """Return the median of the months to a first result, then the share that has one after 3, 6, … 18 months."""
    found = commands.rows(
        "select median_months, reached_share from analytics.adoption_duration "
        f"where cohort_code = 'TOTAL' and innovation_code = '{innovation}' order by months"
    )
    return [found[0][0], *(share for _, share in found)]


def test_the_bounds_of_a_count_are_numbers_that_a_person_would_believe(commands: Commands) -> None:
    """Situation 2.15."""
    assert commands.rows(
        "select value, lower_value, upper_value from analytics.consolidated_results "
        "where innovation_code = 'GARDIEN' and indicator_code = 'persons_returned_to_work'"
    ) == [(28, 28, 28 + 3)]
    # VITA-1: 77 of two structures, 26 and 24 reported before by the two others, and 70 the highest value of VITA.
    assert commands.rows(
        "select value, lower_value, upper_value from analytics.cohort_indicators "
        "where cohort_code = 'VITA-1' and months = 18 and indicator_code = 'persons_concerned'"
    ) == [(77, 77 + 26 + 24, 77 + 2 * 70)]
