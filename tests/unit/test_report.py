"""Test the report in rare cases: nothing due, too few structures, rebuilt views."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from html_tables import Page

from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.reporting import contents, page
from tasks.reporting.contents import percentage
from warehouse.report_rows import (
    AdoptionRow,
    DurationRow,
    InnovationRow,
    MissesRow,
    OwedRow,
    ParticipantRow,
    ReportRows,
    ResultRow,
    StateRow,
)

PROGRAMME = read_programme(Path(__file__).parents[2] / "examples" / "ais_emploi")
DAY = date(2019, 3, 31)


def rows(**given: Any) -> ReportRows:
    numbers = ("as_of", "minimum_structures", "known_minimum_structures")
    nothing = {name: [] for name in ReportRows.__slots__ if name not in numbers}
    minimum = given.pop("minimum_structures", 0)
    rules = {"minimum_structures": minimum, "known_minimum_structures": minimum}
    everything: dict[str, Any] = {"as_of": DAY, **rules, **nothing, **given}
    return ReportRows(**everything)


def shown(given: ReportRows, **more: Any) -> Page:
    return Page(page(contents(given, PROGRAMME, "fr", **more)))  # type: ignore[arg-type]


def test_of_a_programme_in_which_nothing_is_due_each_part_says_so() -> None:
    vita = InnovationRow("VITA", "VITA Air", 1)
    read = shown(rows(innovations=[vita], states=[StateRow("scheduled", 3)]))
    assert read.tables["table-rates"]["VITA"][1:] == ["0", "rien d'échu", "rien d'échu", "rien d'échu"]
    assert read.tables["table-states"]["VITA"][1:] == ["rien d'échu"]
    for sentence in (
        "Retours exclus des taux : à venir, 3 ; ouverts mais pas encore échus, 0",
        "Aucune échéance d'une cohorte n'est encore passée.",
        "Aucun critère d'adoption n'est encore échu.",
        "Le programme ne définit de premier résultat",
        "Le programme n'indique aucun chiffre publié",
    ):
        assert sentence in read.text
    assert "reconstruit plus tard" not in read.text


def test_what_rests_on_too_few_structures_is_suppressed_and_says_so() -> None:
    counts = [
        AdoptionRow("VITA", "adoption_status", 1, adoption, count)
        for adoption, count in (("adopted", 1), ("no", 1), ("unknown", 4))
    ]
    not_shown = AdoptionRow("VITA", "adoption_status", 1, "not_shown", 3)
    duration = DurationRow("VITA", 6, 0.5, 0.1, 0.9, 6, 2, 1, 0, 2, 6, 0.1, 0.9)
    figure = ResultRow("VITA", "persons_concerned", 1, 2, None, "suppressed", 2, 6, 2, 6, is_broken=False)
    given = {"innovations": [InnovationRow("VITA", "VITA Air", 1)], "adoption": counts, "durations": [duration]}
    read = shown(rows(minimum_structures=3, results=[figure], **given))
    assert read.tables["adoption"]["VITA/adoption_status/1"][2:] == ["s", "s", "s", "s", "4"]
    assert read.tables["table-duration"]["VITA"][2:] == ["s", "s"]
    assert read.tables["table-results"]["VITA"][1] == "s|2 sur 6"
    assert "moins de 3 structures" in read.text
    assert "svg" not in [tag for tag, _ in read.tags]
    plain = shown(rows(minimum_structures=2, **given))
    assert plain.tables["adoption"]["VITA/adoption_status/1"][2:] == ["1", "0", "0", "1", "4"]
    assert plain.tables["table-duration"]["VITA"][1] == "2 sur 6"
    had_it = shown(rows(minimum_structures=2, **(given | {"durations": [replace(duration, n_reached_before=2)]})))
    assert had_it.tables["table-duration"]["VITA"][1] == "2 sur 6|avant la formation : 2"
    assert "montraient déjà ce résultat à la fin de la formation" in had_it.text
    assert "montraient déjà" not in plain.text
    asked = shown(rows(minimum_structures=3, **(given | {"adoption": [*counts, not_shown]})))
    assert asked.tables["adoption"]["VITA/adoption_status/1"][2:] == ["s", "s", "s", "s", "3", "4"]


def test_a_figure_of_several_series_says_so_and_what_that_means() -> None:
    figure = ResultRow("VITA", "persons_concerned", 1, 2, 1058.0, None, 9, 11, 9, 11, is_broken=True)
    given = {"innovations": [InnovationRow("VITA", "VITA Air", 1)]}
    read = shown(rows(results=[figure], **given))
    assert read.tables["table-results"]["VITA"][1].endswith("|9 sur 11|plusieurs séries")
    assert "à cause d'une rupture de série" in read.text
    whole = shown(rows(results=[replace(figure, is_broken=False)], **given))
    assert whole.tables["table-results"]["VITA"][1].endswith("|9 sur 11")
    assert "série" not in whole.text


def test_a_figure_of_periods_says_how_many_are_known_and_a_share_is_not_rounded_to_one_decimal() -> None:
    figure = ResultRow("VITA", "persons_concerned", 1, 2, 0.453, None, 2, 3, 5, 9, is_broken=False)
    read = shown(rows(results=[figure], innovations=[InnovationRow("VITA", "VITA Air", 1)]))
    assert read.tables["table-results"]["VITA"][1] == "0,45|2 sur 3|5 périodes sur 9"


def test_the_error_of_a_source_is_shown_in_its_own_words_and_escaped() -> None:
    detail = "The server <script>did</script> not answer."
    owed = OwedRow(
        "V-1/A/M06/suivi", "VITA", "V-1", "A", "Structure A", "M06", "suivi", None, date(2019, 3, 1), date(2019, 1, 31),
        "unverifiable", "unread",
        date(2019, 5, 1), None, detail,
    )  # fmt: skip
    read = shown(rows(owed=[owed]))
    (cells,) = read.tables["table-unverifiable"].values()
    extended = "|délai prolongé ; échéance initiale : 31 janv. 2019"
    assert cells[1].endswith(f"{extended}|relances suspendues jusqu'au 1er mai 2019|{detail}")
    assert cells[2:] == ["1er mars 2019|il y a 30 jours", "personne"]
    assert "script" not in [tag for tag, _ in read.tags]


def test_who_stands_in_on_the_day_is_named_below_who_follows() -> None:
    owed = OwedRow(
        "V-1/A/M06/suivi", "VITA", "V-1", "A", "Structure A", "M06", "suivi", "EV-1", date(2019, 3, 1),
        date(2019, 3, 1), "missing", "nothing_came", None, None, None, "EV-2",
    )  # fmt: skip
    (cells,) = shown(rows(owed=[owed])).tables["table-missing"].values()
    assert cells[-1].replace("\N{NO-BREAK SPACE}", " ") == "EV-1|ce jour-là : EV-2"


def test_misses_are_of_what_the_structure_fills_in_and_each_is_listed_once() -> None:
    def missed(structure: str, grouping: str, group_code: str, count: int) -> MissesRow:
        return MissesRow(f"V-1/{structure}", "VITA", "V-1", structure, grouping, group_code, count, None)

    read = shown(
        rows(
            misses=[
                missed("silent", "filled_by", "structure", 2),
                missed("silent", "instrument", "suivi", 2),
                missed("silent", "instrument", "tableau", 3),
                missed("never visited", "filled_by", "evaluator", 2),
                missed("never visited", "instrument", "grille_vita", 2),
            ]
        )
    )
    assert {code: cells[1:] for code, cells in read.tables["table-misses"].items()} == {
        "V-1/silent/structure": [
            "tout ce que la structure remplit|V-1/silent",
            "les 2 dernières échéances",
            "personne",
        ],
        "V-1/silent/tableau": ["Tableau de données|V-1/silent", "les 3 dernières échéances", "personne"],
    }


def test_a_report_that_was_built_again_says_so_and_takes_the_place_of_none(tmp_path: Path) -> None:
    assert "Il a été reconstruit plus tard" in shown(rows(), is_rebuilt=True).text
    paths = ProjectPaths(tmp_path)
    assert paths.report(DAY, "fr") != paths.report(DAY, "fr", is_rebuilt=True)
    assert paths.report(DAY, "fr") != paths.report(DAY, "en")


def test_percentages_are_rounded_half_up_as_the_views_round_them() -> None:
    assert [percentage(*pair) for pair in ((1, 800), (1, 3), (2, 3), (7, 7), (0, 5), (0, 0))] == [
        0.1, 33.3, 66.7, 100.0, 0.0, None,
    ]  # fmt: skip


def participant(attribute_value: str, measure_code: str, value: str, **given: Any) -> ParticipantRow:
    row = ParticipantRow(
        innovation_code="VITA",
        occasion_code="M06",
        attribute_code="sex" if attribute_value else "",
        attribute_value=attribute_value,
        measure_kind="outcome" if measure_code == "entered_work" else "indicator",
        measure_code=measure_code,
        value=value,
        offset_days=183,
        attribute_rank=1 if attribute_value else 0,
        attribute_value_rank=1,
        value_rank=1,
        n_persons=8,
        n_known=7,
        n_with_value=None,
        share_pct=None,
        value_mean=None,
        missing_reason=None,
    )
    return replace(row, **given)


def test_participants_are_counted_at_the_last_occasion() -> None:
    vita = InnovationRow("VITA", "VITA Air", 1)
    counts = [
        participant("", "entered_work", "yes", n_with_value=5, share_pct=71.4),
        participant("woman", "entered_work", "yes", missing_reason="suppressed"),
        participant("unknown", "entered_work", "yes", n_known=0, missing_reason="no_return", attribute_value_rank=9),
        participant("", "contract", "fixed_term", n_with_value=0, share_pct=0.0),
        participant("", "entered_work", "yes", occasion_code="M03", offset_days=91, n_with_value=1, share_pct=14.3),
    ]
    read = shown(rows(innovations=[vita], participants=counts))
    (table,) = [read.tables[name] for name in read.tables if name.startswith("table-participants")]
    assert "entered_work" not in read.text
    assert "VITA Air, M06" in read.text
    assert table["entered_work"] == ["Entrée en emploi", "71,4 %|5 sur 7", "s", "–"]
    assert table["contract/fixed_term"] == ["contract – fixed_term", "0,0 %|0 sur 7", "–", "–"]


def test_participants_are_counted_at_the_last_occasion_that_asks_a_result() -> None:
    vita = InnovationRow("VITA", "VITA Air", 1)
    asked_no_more = {"n_known": 0, "missing_reason": "not_evaluated"}
    counts = [
        participant("", "entered_work", "yes", n_with_value=5, share_pct=71.4),
        participant("", "contract", "fixed_term", **asked_no_more),
        participant("woman", "contract", "fixed_term", **asked_no_more),
        participant("", "contract", "fixed_term", occasion_code="M03", offset_days=91, missing_reason="suppressed"),
        participant(
            "woman", "contract", "fixed_term", occasion_code="M03", offset_days=91, n_persons=0, **asked_no_more
        ),
        # Nobody was ever asked.
        participant("", "training", "yes", **asked_no_more),
        participant("", "training", "yes", occasion_code="M03", offset_days=91, **asked_no_more),
    ]
    read = shown(rows(innovations=[vita], participants=counts))
    assert {name: table for name, table in read.tables.items() if name.startswith("table-participants")} == {
        "table-participants-VITA-M06": {
            "entered_work": ["Entrée en emploi", "71,4 %|5 sur 7"],
            "training/yes": ["training – yes", "ne"],
        },
        # Of a group of nobody, nothing is missing.
        "table-participants-VITA-M03": {"contract/fixed_term": ["contract – fixed_term", "s", "–"]},
    }


def test_participants_who_answer_a_survey_are_counted_at_its_last_occasion() -> None:
    vita = InnovationRow("VITA", "VITA Air", 1)
    of_survey = {"occasion_code": "M03", "offset_days": 91}
    counts = [
        participant("", "entered_work", "yes", n_with_value=5, share_pct=71.4),
        participant("", "contract", "fixed_term", n_with_value=6, share_pct=85.7, **of_survey),
        participant("woman", "contract", "fixed_term", missing_reason="suppressed", **of_survey),
        participant("", "contract", "fixed_term", n_with_value=1, share_pct=14.3, occasion_code="M01", offset_days=30),
    ]
    read = shown(rows(innovations=[vita], participants=counts))
    assert {name: table for name, table in read.tables.items() if name.startswith("table-participants")} == {
        "table-participants-VITA-M06": {
            "entered_work": ["Entrée en emploi", "71,4 %|5 sur 7"],
        },
        "table-participants-VITA-M03": {
            "contract/fixed_term": ["contract – fixed_term", "85,7 %|6 sur 7", "s"],
        },
    }
