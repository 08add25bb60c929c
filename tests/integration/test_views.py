"""Test the views, built by dbt from the rows loaded for the reference programme."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from building import begin_with_views
from databases import Database, Server
from handwritten import Version, build, built_copy, check, collect, load
from querying import Views
from tables import all_tables

from schemas.enums import CheckOutcome, Level, ReturnOutcome
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import TABLES, sql_table
from tasks.dictionary.views import views as described_views
from tasks.programme import read_programme
from tasks.schedule.expected_returns import changes_to_plan
from tasks.transform.past_build import day_known_at, rebuild_as_of, stricter_threshold
from warehouse.connection import open_warehouse

REFERENCE = Path(__file__).parents[2] / "examples" / "ais_emploi"
FIRST_RUN = date(2017, 6, 1)
LAST_RUN = date(2019, 3, 31)


RETURNED = [
    Version("VITA-2/MSSV/M06/tableau", date(2017, 5, 30), {"Données!personnes": "10"}),
]
RETURNED_LATER = [
    Version("VITA-2/ICARE/M06/tableau", date(2017, 7, 20), {"Données!personnes": "3"}),
    Version(
        "VITA-2/NEO56/M06/tableau",
        date(2017, 6, 14),
        {},
        outcome=ReturnOutcome.QUARANTINED,
        findings=[{"item": "Données!personnes", "found": "une dizaine", "expected": "a whole number, or nc"}],
    ),
    Version(
        "VITA-2/ABEILLES/M06/suivi",
        date(2017, 6, 30),
        {
            "professionnels": "1\u202f200",
            "entreprises": "4",
            "adoption": "oui",
            "freins[temps]": "Y",
            "freins[moyens]": "",
            "freins[compet]": None,
        },
    ),
    Version("VITA-2/IE92/M06/suivi", date(2017, 6, 2), {"professionnels": "2"}, is_submitted=False),
    Version("VITA-2/MSSV/M12/tableau", date(2017, 12, 1), {"Données!personnes": "20", "Données!retours": "5"}),
    Version("VITA-2/MSSV/M12/tableau", date(2017, 12, 8), {"Données!personnes": "25", "Données!retours": "nc"}),
    Version("VITA-2/ICARE/M12/tableau", date(2017, 12, 15), {"Données!personnes": "12", "Données!retours": " NC "}),
    Version("VITA-2/IPSO/M12/tableau", date(2017, 12, 15), {"Données!personnes": "6", "Données!retours": "ne"}),
    Version("VITA-2/IPSO/M18/tableau", date(2018, 6, 10), {"Données!personnes": "7", "Données!retours": None}),
    Version("SOLENI-1/SOLENI01/M06/participants", date(2017, 6, 20), {}, people={"gone": {"emploi": "oui"}}),
    Version(
        "SOLENI-1/SOLENI01/M06/participants",
        date(2017, 6, 28),
        {},
        people={"stays": {"emploi": "non", "contrat": "sans objet"}, "leaves": {"emploi": "nc", "contrat": None}},
    ),
    Version(
        "SOLENI-1/SOLENI01/M12/participants",
        date(2017, 12, 20),
        {},
        people={"stays": {"emploi": "oui", "contrat": "CDI"}, "comes": {"emploi": " OUI? ", "formation": "oui"}},
    ),
    Version("SOLENI-1/SOLENI02/M12/participants", date(2017, 12, 20), {}, people={"one": {"emploi": "oui"}}),
    Version(
        "SOLENI-1/SOLENI02/M18/participants", date(2018, 6, 20), {}, people={"two": {"emploi": "oui"}}, key_version=2
    ),
]


@pytest.fixture(scope="module")
def programme() -> Programme:
    """Return the reference programme, with a break in the count of persons from the second version of its table on."""
    programme = read_programme(REFERENCE)
    crosswalk = [
        line.model_copy(update={"break_reason": "counted otherwise"})
        if (line.instrument_code, line.version, line.indicator_code) == ("tableau", 2, "persons_concerned")
        else line
        for line in programme.crosswalk
    ]
    return programme.model_copy(update={"crosswalk": crosswalk})


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, programme: Programme) -> ProjectPaths:
    """Return a programme planned before its second cohort was due, with a run on that day and one on 2019-03-31."""
    paths = ProjectPaths(tmp_path_factory.mktemp("programme"))
    begin_with_views(paths)
    with open_warehouse(paths) as warehouse:
        stamp = collect(warehouse, programme, FIRST_RUN)
        check(warehouse, stamp, "inbox", CheckOutcome.READ)
        for version in RETURNED:
            load(warehouse, stamp, version)
        stamp = collect(warehouse, programme, LAST_RUN)
        check(warehouse, stamp, "inbox", CheckOutcome.READ)
        check(warehouse, stamp, "limesurvey:310601", CheckOutcome.READ)
        check(warehouse, stamp, "limesurvey:310603", CheckOutcome.UNREACHABLE, "The server did not answer.")
        for version in RETURNED_LATER:
            load(warehouse, stamp, version)
    return paths


@pytest.fixture(scope="module")
def earlier(paths: ProjectPaths, programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Views:
    """Return the views as of the due date of the first occasion of the second cohort."""
    return built_copy(paths, programme, date(2017, 6, 15), tmp_path_factory.mktemp("earlier"))


@pytest.fixture(scope="module")
def views(paths: ProjectPaths, programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Views:
    return built_copy(paths, programme, LAST_RUN, tmp_path_factory.mktemp("views"))


@pytest.fixture(scope="module")
def first_report(programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Views:
    """Return the views that the first run left, before anything else was known."""
    paths = ProjectPaths(tmp_path_factory.mktemp("first report"))
    with open_warehouse(paths) as warehouse:
        stamp = collect(warehouse, programme, FIRST_RUN)
        check(warehouse, stamp, "inbox", CheckOutcome.READ)
        for version in RETURNED:
            load(warehouse, stamp, version)
    build(paths, programme, FIRST_RUN)
    return Views(paths.warehouse)


@pytest.fixture(scope="module")
def rebuilt(paths: ProjectPaths, programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Views:
    """Return the views as known at the end of the first run, built from all later data."""
    later = ProjectPaths(tmp_path_factory.mktemp("later"))
    later.var.mkdir()
    later.published.write_bytes(paths.warehouse.read_bytes())
    return Views(rebuild_as_of(later, programme, Environment(), FIRST_RUN, LAST_RUN))


@pytest.fixture(scope="module")
def same_views(
    paths: ProjectPaths, programme: Programme, postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Database:
    """Return a database with the views of the same rows."""
    database = postgresql_server.database()
    copy = ProjectPaths(tmp_path_factory.mktemp("same views"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ESSAIM_WAREHOUSE_URL", database.url)
        with open_warehouse(ProjectPaths(paths.folder, in_file=True)) as source, open_warehouse(copy) as target:
            for table in TABLES:
                target.append(table, source.arrow(sa.select(sql_table(table))))
        build(copy, programme, LAST_RUN)
    return database


@pytest.fixture(scope="module")
def edited(programme: Programme, tmp_path_factory: pytest.TempPathFactory) -> Views:
    """Return the views after the removal of two structures from the folder, one with a past due date."""
    paths = ProjectPaths(tmp_path_factory.mktemp("edited"))
    kept = [e for e in programme.enrolments if e.enrolment_id not in ("VITA-2/ABEILLES", "LREF-1/FNICE")]
    with open_warehouse(paths) as warehouse:
        collect(warehouse, programme, date(2017, 6, 20))
        smaller = programme.model_copy(update={"version": "smaller", "enrolments": kept})
        stamp = collect(warehouse, smaller, date(2017, 7, 10))
        check(warehouse, stamp, "inbox", CheckOutcome.READ)
    build(paths, programme, date(2017, 7, 10))
    return Views(paths.warehouse)


def test_a_past_report_is_suppressed_by_the_present_threshold_where_it_is_stricter(
    views: Views, programme: Programme, tmp_path: Path
):
    later = ProjectPaths(tmp_path)
    later.var.mkdir()
    assert isinstance(views.source, Path)
    # The published file has the rows that the build would keep if only the knowledge of that day counted.
    later.published.write_bytes(views.source.read_bytes())
    disclosure = programme.settings.disclosure.model_copy(update={"minimum_structures": 50})
    settings = programme.settings.model_copy(update={"disclosure": disclosure})
    stricter = programme.model_copy(update={"settings": settings})
    file = rebuild_as_of(later, stricter, Environment(), LAST_RUN, LAST_RUN)
    assert stricter_threshold(file) == (50, 0)
    for view in ("consolidated_results", "cohort_indicators"):
        # Without structures, a sum is zero.
        shown = f"select * from analytics.{view} where indicator_code = 'persons_concerned' and value is not null"
        assert views.rows(f"{shown} and n_reported > 0")
        assert Views(file).rows(f"{shown} and n_reported > 0") == []


@pytest.mark.parametrize(
    ("expected_return_id", "state"),
    [
        ("VITA-2/MSSV/M06/tableau", "received"),
        ("VITA-2/ICARE/M06/tableau", "late"),
        ("VITA-2/NEO56/M06/tableau", "quarantined"),
        ("VITA-2/IPSO/M18/tableau", "partial"),
        ("VITA-2/ABEILLES/M06/tableau", "missing"),
        ("VITA-2/MSSV/M18/suivi", "unverifiable"),
        ("VITA-2/VITA11/M12/tableau", "left"),
        ("TAPAJ-2/TAPAJ12/M18/tableau", "open"),
        ("LREF-1/FNICE/M12/tableau", "scheduled"),
    ],
)
def test_an_expected_return_has_the_state_that_what_came_in_gives_it(views: Views, expected_return_id: str, state: str):
    assert views.state(expected_return_id) == state


def test_every_expected_return_that_was_planned_is_in_the_status_once(views: Views, programme: Programme):
    planned = {row["expected_return_id"] for row in changes_to_plan({}, programme, LAST_RUN)}
    rows = views.rows("select expected_return_id from analytics.return_status")
    assert len(rows) == len(planned)
    assert {row[0] for row in rows} == planned


def test_a_late_return_is_late_by_the_days_since_it_was_due(views: Views):
    status = views.status("VITA-2/ICARE/M06/tableau")
    assert (status["due_on"], status["arrived_on"], status["days_late"]) == (date(2017, 6, 15), date(2017, 7, 20), 35)


def test_a_missing_return_is_late_by_the_days_until_the_day_of_the_run(views: Views):
    assert views.status("VITA-2/ABEILLES/M06/tableau")["days_late"] == (LAST_RUN - date(2017, 6, 15)).days


def test_a_quarantined_return_names_the_version_to_correct_and_counts_what_was_found(views: Views):
    status = views.status("VITA-2/NEO56/M06/tableau")
    assert status["quarantined_return_id"] == "VITA-2/NEO56/M06/tableau@2017-06-14#1"
    assert (status["return_id"], status["n_findings"], status["answered_pct"]) == (None, 1, None)


def test_a_source_that_could_not_be_read_makes_unverifiable_and_says_why(views: Views):
    status = views.status("VITA-2/MSSV/M18/suivi")
    assert (status["source_outcome"], status["source_detail"]) == ("unreachable", "The server did not answer.")


def test_a_source_that_was_never_checked_makes_unverifiable_never_missing(views: Views):
    status = views.status("VITA-2/MSSV/M12/suivi")
    assert (status["state"], status["source_outcome"]) == ("unverifiable", None)


def test_a_break_off_changes_no_state_but_shows_how_far_it_went(views: Views):
    status = views.status("VITA-2/IE92/M06/suivi")
    assert (status["state"], status["return_id"], status["answered_pct"]) == ("missing", None, 33.3)


def test_the_status_says_who_is_expected_to_answer_and_who_follows(views: Views):
    status = views.status("VITA-2/MSSV/M06/grille_vita")
    assert (status["cohort_code"], status["structure_code"], status["structure_name"]) == (
        "VITA-2",
        "MSSV",
        "MSSV Defi",
    )
    assert (status["filled_by"], status["evaluator_codes"]) == ("evaluator", "EVAL-A")


def test_only_what_was_known_on_an_earlier_day_is_shown_as_of_that_day(earlier: Views):
    assert earlier.state("VITA-2/MSSV/M06/tableau") == "received"
    assert earlier.state("VITA-2/ICARE/M06/tableau") == "open"
    assert earlier.state("VITA-2/NEO56/M06/tableau") == "open"
    assert earlier.state("VITA-2/MSSV/M12/tableau") == "scheduled"
    assert earlier.figure("VITA", "persons_concerned")[:3] == (10, None, 1)


def test_nobody_is_missing_before_the_grace_days_are_over(earlier: Views):
    states = earlier.rows(
        "select distinct state from analytics.return_status "
        "where due_on <= '2017-06-15' and on_time_until_on >= '2017-06-15' order by state"
    )
    assert states == [("open",), ("received",)]


def test_a_correction_supersedes_the_version_before_it(views: Views):
    assert views.cell("VITA-2/MSSV", "M12", "persons_concerned") == (25, None, None, "B")
    assert views.cell("VITA-2/MSSV", "M12", "persons_returned_to_work") == (None, None, "not_communicated", "L")


@pytest.mark.parametrize(
    ("enrolment_id", "occasion_code", "indicator_code", "cell"),
    [
        ("VITA-2/ICARE", "M12", "persons_returned_to_work", (None, None, "not_communicated", "L")),
        ("VITA-2/IPSO", "M12", "persons_returned_to_work", (None, None, "not_evaluated", "O")),
        ("VITA-2/IPSO", "M18", "persons_returned_to_work", (None, None, "unexplained", "O")),
        ("VITA-2/ABEILLES", "M06", "persons_concerned", (None, None, "no_return", "L")),
        ("VITA-2/NEO56", "M06", "persons_concerned", (None, None, "no_return", "L")),
        ("VITA-2/IE92", "M06", "professionals", (None, None, "no_return", "L")),
        ("VITA-2/MSSV", "M06", "persons_returned_to_work", (None, None, "not_evaluated", "O")),
        ("VITA-2/MSSV", "M03", "persons_concerned", (None, None, "not_evaluated", "O")),
        ("VITA-2/MSSV", "M06", "action_plan", (None, None, "not_applicable", "M")),
        ("VITA-2/VITA11", "M12", "persons_concerned", (None, None, None, None)),
        ("LREF-1/FNICE", "M12", "persons_concerned", (None, None, None, None)),
    ],
)
def test_a_cell_of_the_panel_without_a_value_has_its_reason(
    views: Views, enrolment_id: str, occasion_code: str, indicator_code: str, cell: tuple[Any, ...]
):
    assert views.cell(enrolment_id, occasion_code, indicator_code) == cell


def test_answers_are_read_as_numbers_and_through_their_recodes(views: Views):
    assert views.cell("VITA-2/ABEILLES", "M06", "professionals") == (1200, None, None, "A")
    assert views.cell("VITA-2/ABEILLES", "M06", "adoption_status") == (None, "adopted", None, "A")


def test_an_unticked_choice_is_no_and_one_that_was_never_shown_is_unexplained(views: Views):
    assert views.cell("VITA-2/ABEILLES", "M06", "barrier_time") == (None, "yes", None, "A")
    assert views.cell("VITA-2/ABEILLES", "M06", "barrier_means") == (None, "no", None, "A")
    assert views.cell("VITA-2/ABEILLES", "M06", "barrier_skills") == (None, None, "unexplained", "O")


def test_the_panel_is_the_full_grid(views: Views, programme: Programme):
    indicators = [indicator for indicator in programme.indicators if indicator.level is Level.STRUCTURE]
    cells = len(programme.enrolments) * len(programme.settings.occasions) * len(indicators)
    assert views.rows("select count(*) from analytics.cohort_panel") == [(cells,)]


def test_the_allowed_values_of_a_choice_are_listed_in_the_order_of_the_codebook(views: Views, programme: Programme):
    allowed = dict(views.rows("select indicator_code, allowed_values from marts.dim_indicator"))
    assert allowed["adoption_status"] == "adopted|in_progress|partial|no"
    assert allowed == {indicator.indicator_code: indicator.allowed_values for indicator in programme.indicators}


def test_presence_is_shown_by_pattern_and_class(views: Views):
    rows = views.rows(
        "select distinct enrolment_id, presence_pattern, presence_class, is_enrolment_balanced "
        "from analytics.cohort_panel where cohort_code in ('VITA-2', 'RALLYES-1') order by enrolment_id"
    )
    assert [row for row in rows if not row[0].startswith("RALLYES")] == [
        ("VITA-2/ABEILLES", "100", "intermittent", False),
        ("VITA-2/ICARE", "110", "intermittent", False),
        ("VITA-2/IE92", "000", "never", False),
        ("VITA-2/IPSO", "010", "intermittent", False),
        ("VITA-2/MSSV", "110", "intermittent", False),
        ("VITA-2/NEO56", "000", "never", False),
        ("VITA-2/VITA11", "0..", "leaver", False),
    ]
    assert {row[1:] for row in rows if row[0].startswith("RALLYES")} == {("0..", "never", False)}


def test_a_consolidated_figure_says_how_many_structures_it_rests_on(views: Views):
    assert views.figure("VITA", "persons_concerned") == (25 + 12 + 7, None, 3, 11)
    assert views.figure("TOTAL", "persons_concerned") == (25 + 12 + 7, None, 3, 84)


def test_a_figure_that_was_collected_and_never_reported_is_nc_and_one_that_was_not_collected_is_ne(views: Views):
    assert views.figure("VITA", "persons_returned_to_work") == (None, "not_communicated", 0, 10)
    assert views.figure("LREF", "persons_returned_to_work") == (None, "not_evaluated", 0, 0)


def test_an_innovation_without_structures_has_true_zeros(views: Views):
    assert views.figure("ACOR", "persons_concerned") == (0, None, 0, 0)
    assert views.figure("ACOR", "structures") == (0, None, 0, 0)


def test_the_structures_are_those_enrolled_including_those_that_left(views: Views):
    assert views.figure("GARDIEN", "structures") == (16, None, 16, 16)
    assert views.figure("TOTAL", "structures") == (85, None, 85, 85)


def test_the_consolidated_table_prints_as_the_annex_does(views: Views):
    columns = "innovation_code, structures, persons_concerned, persons_returned_to_work, professionals, companies"
    assert views.rows(f"select {columns} from analytics.consolidated_table order by rank") == [
        ("VITA", "11", "44", "nc", "1200", "4"),
        ("GARDIEN", "16", "nc", "nc", "nc", "nc"),
        ("TAPAJ", "40", "nc", "nc", "nc", "nc"),
        ("SOLENI", "2", "nc", "nc", "nc", "nc"),
        ("RALLYES", "7", "nc", "ne", "nc", "nc"),
        ("LREF", "9", "nc", "ne", "nc", "nc"),
        ("JEUNESS", "0", "0", "0", "0", "0"),
        ("ACOR", "0", "0", "0", "0", "0"),
        ("TOTAL", "85", "44", "nc", "1200", "4"),
    ]


def test_rates_stand_beside_their_numerators_and_denominators(views: Views):
    names = (
        "n_expected, n_received, n_on_time, n_late, n_partial, n_quarantined, n_missing, n_unverifiable, n_open, "
        "n_core_items, n_core_items_with_value, returned_pct, on_time_pct, usable_pct, rr5_pct, rr6_pct"
    )
    query = f"select {names} from analytics.return_rates where group_code = 'VITA-2' and occasion_code = 'M06'"
    # 7 structures × 3 instruments; of the 10 core items of each, two tables bring 1 and a survey brings 3.
    assert views.rows(query) == [(21, 3, 2, 1, 0, 1, 17, 0, 0, 70, 5, 14.3, 9.5, 7.1, 14.3, 14.3)]


def test_the_groups_of_the_rates_count_the_same_expected_returns(views: Views):
    counted = views.rows("select grouping, sum(n_expected)::int from analytics.return_rates group by all order by all")
    due = views.rows("select count(*) from marts.fct_expected_return where is_due")[0][0]
    assert counted == [("cohort", due), ("evaluator", due), ("innovation", due), ("instrument", due)]


def test_an_observation_can_be_traced_to_the_place_where_it_stood(views: Views):
    rows = views.rows(
        "select value_number, item, answer_text, location, origin, receipt_id, answered_at, known_at "
        "from analytics.provenance where enrolment_id = 'VITA-2/MSSV' and occasion_code = 'M12' order by item"
    )
    assert rows[0] == (
        25,
        "Données!personnes",
        "25",
        "where Données!personnes stood",
        "VITA-2_MSSV_M12_tableau.xlsx",
        "receipt of VITA-2/MSSV/M12/tableau@2017-12-08#1",
        datetime.combine(date(2017, 12, 8), time(10)),
        datetime.combine(LAST_RUN, time(21, 59, 59, 999999)),
    )


def test_what_was_due_of_a_structure_stays_expected_after_it_is_taken_out_of_the_folder(edited: Views):
    states = edited.rows(
        "select occasion_code, state from analytics.return_status "
        "where enrolment_id = 'VITA-2/ABEILLES' and instrument_code = 'tableau'"
    )
    assert states == [("M06", "missing")]
    assert edited.figure("VITA", "structures")[0] == 11


def test_a_structure_taken_out_of_the_folder_before_anything_was_due_is_gone(edited: Views):
    assert edited.rows("select * from analytics.return_status where enrolment_id = 'LREF-1/FNICE'") == []
    assert edited.figure("LREF", "structures")[0] == 8


def test_retention_and_levels_of_a_cohort_rest_on_what_was_returned(views: Views):
    retention = views.rows(
        "select occasion_code, n_enrolled, n_left, n_expected, n_reported, n_wave_base, n_wave_retained, n_returners, "
        "wave_retention_pct, base_retention_pct, attrition_pct from analytics.cohort_retention "
        "where cohort_code = 'VITA-2' order by months"
    )
    assert retention == [
        ("M06", 7, 0, 7, 3, 0, 0, 0, None, 100.0, 0.0),
        ("M12", 7, 1, 6, 3, 3, 2, 0, 66.7, 66.7, 33.3),
        ("M18", 7, 1, 6, 0, 3, 0, 0, 0.0, 0.0, 100.0),
    ]
    levels = views.rows(
        "select months, value, value_change, lower_value, upper_value, n_expected, n_reported, balanced_value, "
        "n_balanced, is_broken from analytics.cohort_indicators "
        "where cohort_code = 'VITA-2' and indicator_code = 'persons_concerned' order by months"
    )
    assert levels == [
        (6, 13.0, None, 13.0, 13.0 + 5 * 25, 7, 2, None, 0, False),
        # What was reported before the break is no floor.
        (12, 43.0, None, 43.0, 43.0 + 3 * 25, 6, 3, None, 0, True),
        # Two structures that are silent now reported 25 and 12.
        (18, 7.0, -36.0, 7.0 + 25 + 12, 7.0 + 5 * 25, 6, 1, None, 0, False),
    ]


def test_a_break_in_a_series_is_reported_at_the_first_value_after_it_with_its_reason(views: Views):
    breaks = views.rows(
        "select enrolment_id, occasion_code, obs_status, series, break_reason from analytics.cohort_panel "
        "where indicator_code = 'persons_concerned' and value_number is not null and cohort_code = 'VITA-2' "
        "order by enrolment_id, months"
    )
    after = ("tableau/2", "counted otherwise")
    assert breaks == [
        ("VITA-2/ICARE", "M06", "A", None, None),
        ("VITA-2/ICARE", "M12", "B", *after),
        ("VITA-2/IPSO", "M12", "A", *after),
        ("VITA-2/IPSO", "M18", "A", *after),
        ("VITA-2/MSSV", "M06", "A", None, None),
        ("VITA-2/MSSV", "M12", "B", *after),
    ]


def test_a_past_report_is_built_again_as_it_was(first_report: Views, rebuilt: Views):
    for view in described_views().values():
        every = f"select * from {view.schema}.{view.name}"
        assert sorted(map(repr, rebuilt.rows(every))) == sorted(map(repr, first_report.rows(every))), view.name
    assert rebuilt.rows("select count(*) from raw.returns") == [(len(RETURNED),)]


def test_what_a_report_of_today_says_otherwise_comes_from_the_revisions(earlier: Views, views: Views):
    query = (
        "select enrolment_id, occasion_code, indicator_code, value_number, value_text, missing_reason "
        "from analytics.cohort_panel where occasion_code = 'M06' and cohort_code = 'VITA-2' and "
    )
    then, now = set(earlier.rows(f"{query} is_due")), set(views.rows(f"{query} return_id is not null"))
    changed = {cell[:2] for cell in now - then}
    assert changed == {("VITA-2/ICARE", "M06"), ("VITA-2/ABEILLES", "M06")}
    assert changed <= set(
        views.rows("select enrolment_id, occasion_code from analytics.revisions where known_on > '2017-06-15'")
    )


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (date(2018, 6, 30), date(2018, 6, 30)),
        (datetime(2018, 7, 1), date(2018, 6, 30)),
        (datetime(2018, 7, 1, 18, 30), date(2018, 6, 30)),
        (datetime(2018, 6, 30, 23, 59, 59, 999999), date(2018, 6, 30)),
        (datetime(2018, 6, 30, 21, 59, tzinfo=UTC), date(2018, 6, 29)),
        (datetime(2018, 6, 30, 22, 0, tzinfo=UTC), date(2018, 6, 30)),
    ],
)
def test_an_instant_has_the_knowledge_of_the_days_that_had_ended(
    programme: Programme, moment: date | datetime, day: date
):
    assert day_known_at(moment, programme) == day


def test_a_correction_after_the_due_date_is_a_revision(views: Views):
    rows = views.rows(
        "select kind, known_on, is_counted, n_changed_items from analytics.revisions "
        "where expected_return_id = 'VITA-2/MSSV/M12/tableau' order by answered_on"
    )
    assert rows == [("on_time", LAST_RUN, False, None), ("revision", LAST_RUN, True, 2)]


def test_a_figure_says_what_the_missing_could_change_and_which_values_it_takes(views: Views):
    bounds = "select lower_value, upper_value from analytics.consolidated_results "
    assert views.rows(f"{bounds} where innovation_code = 'VITA' and indicator_code = 'persons_concerned'") == [
        # The highest value that any structure has reported is 25.
        (44.0, 44.0 + 8 * 25)
    ]
    taken = views.rows(
        "select enrolment_id, occasion_code, value_number from analytics.provenance "
        "where is_consolidated and indicator_code = 'persons_concerned' order by enrolment_id"
    )
    assert taken == [("VITA-2/ICARE", "M12", 12.0), ("VITA-2/IPSO", "M18", 7.0), ("VITA-2/MSSV", "M12", 25.0)]


def test_people_are_followed_by_what_counts_and_who_is_not_there_has_a_reason(views: Views):
    outcomes = views.rows(
        "select pseudonym, occasion_code, is_seen, was_seen_before, entered_work, entered_work_missing_reason, "
        "coalesce(contract_kind, contract_kind_missing_reason), first_in_work_occasion_code "
        "from analytics.participant_outcomes order by enrolment_id, pseudonym, months"
    )
    assert outcomes == [
        ("comes", "M12", True, False, None, "unexplained", "unexplained", None),
        ("comes", "M18", False, True, None, "no_return", "no_return", None),
        ("leaves", "M06", True, None, None, "not_communicated", "unexplained", None),
        ("leaves", "M12", False, True, None, "unexplained", "unexplained", None),
        ("leaves", "M18", False, False, None, "no_return", "no_return", None),
        ("stays", "M06", True, None, False, None, "not_applicable", None),
        ("stays", "M12", True, True, True, None, "open_ended", "M12"),
        ("stays", "M18", False, True, None, "no_return", "no_return", "M12"),
        # The first table of the structure is missing, and the third has another key.
        ("one", "M12", True, None, True, None, "unexplained", "M12"),
        ("two", "M18", True, None, True, None, "unexplained", "M18"),
    ]


def test_nothing_of_people_is_known_before_it_came(earlier: Views):
    assert earlier.rows("select count(*) from analytics.participant_outcomes") == [(0,)]


def test_the_views_of_a_database_are_those_of_a_file(views: Views, same_views: Database):
    assert isinstance(views.source, Path)
    in_file, in_database = all_tables(views.source.parent.parent), all_tables(same_views)
    assert in_file.keys() == in_database.keys()
    for name, rows in in_file.items():
        assert in_database[name] == rows, name
