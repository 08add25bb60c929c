"""Test which errors of workbooks are attributed to their senders, and which to the programme, on both engines."""

from dataclasses import replace
from typing import Any

import pytest
from bookkeeping import OTHER, SHEETS, book, identity, items, person, programme
from delivering import NAME, collect, deliver, rows

from schemas.programme import Programme
from schemas.settings import ProjectPaths
from schemas.tables import FINDINGS, RETURNS
from tasks.workbooks import inbox
from warehouse.connection import open_warehouse
from warehouse.loads import unassigned_receipts


def with_item(code: str, **keys: Any) -> Programme:
    """Return the programme with other keys of an item of the first sheet."""
    sheets: list[dict[str, Any]] = [dict(sheet) for sheet in SHEETS]
    first, *others = sheets
    changed = [{**item, **keys} if item["code"] == code else item for item in first["items"]]
    return programme([{**first, "items": changed}, *others])


def errors(paths: ProjectPaths) -> list[tuple[str, str]]:
    found = rows(paths, FINDINGS, "location", "resolved_by", "severity")
    return [(location, who) for location, who, severity in found if severity == "error"]


def marked(paths: ProjectPaths) -> list[str]:
    return sorted(path.suffix for path in paths.annotated.glob("*"))


def test_an_answer_that_breaks_the_rules_is_corrected_by_its_sender(paths: ProjectPaths) -> None:
    deliver(paths, book(items(personnes=2000, adoption="Parfois")))
    collect(paths)
    assert errors(paths) == [("Données!B1", "sender"), ("Données!B4", "sender")]
    assert marked(paths) == [".txt", ".xlsx"]


@pytest.mark.parametrize(
    ("item", "keys", "answers", "place", "words"),
    [
        (
            "adoption",
            {"kind": "choice", "allowed_values": ["Positif", "Négatif", "Parfois"]},
            {"adoption": "Parfois"},
            "Données!B4",
            "une ligne pour « Parfois » dans recodes.csv, recodage adoption : elle manque à la table de passage",
        ),
        (
            "personnes",
            {"kind": "count", "maximum": 5000},
            {"personnes": 2000},
            "Données!B1",
            "des limites de l'indicateur, dans codebook.csv, aussi larges que celles du formulaire",
        ),
        (
            "personnes",
            {"kind": "number"},
            {"personnes": 2.5},
            "Données!B1",
            "pour l'indicateur, dans codebook.csv, le même type que dans le formulaire",
        ),
    ],
)
def test_an_answer_that_the_form_accepts_is_never_sent_back(
    paths: ProjectPaths, item: str, keys: dict[str, Any], answers: dict[str, Any], place: str, words: str
) -> None:
    deliver(paths, book(items(**answers)))
    collect(paths, with_item(item, **keys))
    assert errors(paths) == [(place, "programme")]
    assert [expected.replace("\xa0", " ") for (expected,) in rows(paths, FINDINGS, "expected")] == [words]
    assert marked(paths) == []


def test_what_lies_beyond_the_limits_of_the_form_is_corrected_by_its_sender(paths: ProjectPaths) -> None:
    deliver(paths, book(items(personnes=6000)))
    collect(paths, with_item("personnes", kind="count", maximum=5000))
    assert {who for _, who in errors(paths)} == {"sender"}


def test_a_copy_marks_only_what_its_sender_can_correct(paths: ProjectPaths) -> None:
    deliver(paths, book(items(adoption="Parfois", personnes="douze")))
    collect(paths, with_item("adoption", kind="choice", allowed_values=["Positif", "Négatif", "Parfois"]))
    assert sorted(errors(paths)) == [("Données!B1", "sender"), ("Données!B4", "programme")]
    (text,) = paths.annotated.glob("*.txt")
    assert "Données!B1" in text.read_text(encoding="utf-8")
    assert "Données!B4" not in text.read_text(encoding="utf-8")


def test_a_workbook_of_the_layout_before_is_for_the_programme_with_all_that_it_lacks(paths: ProjectPaths) -> None:
    before = identity()
    deliver(paths, book([["Personnes concernées", 12]], whose=before))
    changed = programme(version=2)
    lines = [line.model_copy(update={"version": 2}) for line in changed.crosswalk]
    collect(paths, changed.model_copy(update={"crosswalk": lines}))
    found = errors(paths)
    assert {who for _, who in found} == {"programme"}
    assert len(found) > 1
    assert marked(paths) == []


def test_a_file_that_we_fail_to_read_is_for_us(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(paths, book(people=[person()]))

    def fail(*_: object, **__: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(inbox, "read_contents", fail)
    collect(paths)
    assert rows(paths, RETURNS, "outcome") == [("quarantined",)]
    assert errors(paths) == [(NAME, "programme")]
    assert marked(paths) == []


def test_a_file_that_belongs_to_no_return_is_counted_until_it_does(paths: ProjectPaths) -> None:
    unknown = replace(identity(), structure="STR9")
    deliver(paths, book(whose=unknown), "sent.xlsx")
    (paths.folder / "inbox" / "broken.xlsx").write_bytes(b"no workbook")
    deliver(paths, book(items(personnes="douze")))
    collect(paths)

    def unassigned() -> dict[str, int]:
        with open_warehouse(paths) as warehouse:
            return unassigned_receipts(warehouse)

    assert unassigned() == {"inbox": 2}
    deliver(paths, book(whose=identity(OTHER)), "sent.xlsx", day=2)
    collect(paths)
    assert unassigned() == {"inbox": 1}
