"""Test the comparison of live questionnaires with the baseline of the crosswalk."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from questionnaires import (
    INSTRUMENT,
    VERSION,
    Elements,
    edited,
    everything_of,
    fetched,
    part,
    programme_mapping,
    question,
    without,
)
from running import EXAMPLE

from schemas.enums import DriftKind, ElementKind
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, RecodeLine
from schemas.questionnaire import Element
from tasks.drift import Difference, Proposal, broken_items, differences
from tasks.programme import read_programme
from tasks.questionnaires.elements import questionnaire_of
from tasks.questionnaires.response_columns import fields_of

V1 = fetched("bilingue_tous_types_v1.lss")
V2 = fetched("bilingue_tous_types_v2.lss")
MAPPED = programme_mapping(V1)
FIELDS = fields_of(questionnaire_of(V1))
QUESTIONS = [q.code for q in questionnaire_of(V1).questions]
PARTS = [
    (kind, q.code, p.code)
    for q in questionnaire_of(V1).questions
    for kind, parts in ((ElementKind.SUBQUESTION, q.subquestions), (ElementKind.OPTION, q.options))
    for p in parts
]
SUBQUESTIONS = [one[1:] for one in PARTS if one[0] is ElementKind.SUBQUESTION]
OPTIONS = [one[1:] for one in PARTS if one[0] is ElementKind.OPTION]


def between(version: int, earlier: Elements, later: Elements, programme: Programme = MAPPED) -> tuple[Difference, ...]:
    baseline = questionnaire_of(earlier) if earlier else None
    return differences(INSTRUMENT, version, baseline, questionnaire_of(later), programme)


def compare(earlier: Elements, later: Elements, programme: Programme = MAPPED) -> tuple[Difference, ...]:
    return between(VERSION, earlier, later, programme)


def only(found: tuple[Difference, ...]) -> Difference:
    assert len(found) == 1, found
    return found[0]


def what(difference: Difference) -> tuple[DriftKind, ElementKind | None, str, str]:
    return difference.kind, difference.element, difference.question_code, difference.code


def items_of(code: str) -> set[str]:
    return {item for item, field in FIELDS.items() if field.question_code == code}


def items_with_part(code: str, sub: str) -> set[str]:
    """Return the items of a subquestion, found by the headings."""
    return {
        item
        for item, field in FIELDS.items()
        if field.question_code == code and sub in (field.subquestion_code or "").split("_")
    }


def mapping(*lines: tuple[str, str, str | None], recodes: dict[str, dict[str, str]] | None = None) -> Programme:
    """Return a programme whose crosswalk is these lines: item, indicator, recode."""
    return read_programme(EXAMPLE).model_copy(
        update={
            "crosswalk": [
                CrosswalkLine(
                    instrument_code=INSTRUMENT, version=VERSION, item=item, indicator_code=indicator, recode=recode
                )
                for item, indicator, recode in lines
            ],
            "recodes": [
                RecodeLine(recode=name, source_value=code, value=value)
                for name, values in (recodes or {}).items()
                for code, value in values.items()
            ],
        }
    )


def swapped(elements: Elements, question_code: str, one: str, other: str) -> Elements:
    """Return the elements with the codes of two parts of a question exchanged."""
    there = {one: other, other: one}
    return tuple(
        e.model_copy(update={"code": there[e.code]}) if e.question_code == question_code and e.code in there else e
        for e in elements
    )


# Single edits.


@pytest.mark.parametrize("elements", [V1, V2])
def test_a_questionnaire_does_not_differ_from_itself(elements: Elements):
    assert compare(elements, elements, programme_mapping(elements)) == ()


@pytest.mark.parametrize("code", QUESTIONS)
def test_a_question_that_vanishes_breaks_all_that_it_answered(code: str):
    found = only(compare(V1, without(V1, everything_of(code))))
    assert what(found) == (DriftKind.VANISHED, ElementKind.QUESTION, code, "")
    assert set(found.breaks) == items_of(code)
    assert {p.line for p in found.proposals} == {""}


@pytest.mark.parametrize("code", QUESTIONS)
def test_a_question_that_is_new_breaks_nothing_and_its_answers_are_proposed(code: str):
    before = without(V1, everything_of(code))
    found = only(compare(before, V1, programme_mapping(before)))
    assert what(found) == (DriftKind.NEW, ElementKind.QUESTION, code, "")
    assert found.breaks == ()
    proposed = {p.line.split(",")[2] for p in found.proposals}
    assert proposed <= items_of(code)
    assert proposed or code in {"accueil", "pieces"}


@pytest.mark.parametrize("code", QUESTIONS)
def test_a_question_under_another_code_is_recognised_and_its_lines_are_proposed(code: str):
    found = only(compare(V1, edited(V1, everything_of(code), question_code=f"{code}9")))
    assert what(found) == (DriftKind.RENAMED, ElementKind.QUESTION, code, "")
    assert set(found.breaks) == items_of(code)
    assert {(p.replaces.split(",")[2], p.line.split(",")[2]) for p in found.proposals if p.file == "crosswalk.csv"} == {
        (item, item.replace(code, f"{code}9", 1)) for item in items_of(code)
    }


@pytest.mark.parametrize("code", QUESTIONS)
def test_another_wording_of_a_question_is_reported_in_its_language_and_breaks_nothing(code: str):
    found = only(compare(V1, edited(V1, question(code, "fr"), text="Tout autre chose")))
    assert (*what(found), found.language, found.found) == (
        DriftKind.REWORDED, ElementKind.QUESTION, code, "", "fr", "“Tout autre chose”",
    )  # fmt: skip
    assert found.breaks == found.proposals == ()


@pytest.mark.parametrize(("code", "sub"), SUBQUESTIONS)
def test_a_subquestion_that_vanishes_breaks_what_it_answered(code: str, sub: str):
    found = only(compare(V1, without(V1, part(code, sub))))
    assert what(found) == (DriftKind.VANISHED, ElementKind.SUBQUESTION, code, sub)
    assert items_with_part(code, sub) <= set(found.breaks) <= items_of(code)
    assert all(sub in item for item in found.breaks)


@pytest.mark.parametrize(("code", "sub"), SUBQUESTIONS)
def test_a_subquestion_that_is_new_breaks_nothing(code: str, sub: str):
    before = without(V1, part(code, sub))
    found = only(compare(before, V1, programme_mapping(before)))
    assert what(found) == (DriftKind.NEW, ElementKind.SUBQUESTION, code, sub)
    assert found.breaks == ()
    assert {p.line.split(",")[2] for p in found.proposals} == items_with_part(code, sub) - {
        item for item in FIELDS if item.endswith("comment]")
    }


@pytest.mark.parametrize(("code", "sub"), SUBQUESTIONS)
def test_a_subquestion_under_another_code_is_recognised(code: str, sub: str):
    found = only(compare(V1, edited(V1, part(code, sub), code=f"{sub}9")))
    assert what(found) == (DriftKind.RENAMED, ElementKind.SUBQUESTION, code, sub)
    assert items_with_part(code, sub) <= set(found.breaks) <= items_of(code)
    lines = [(p.replaces.split(",")[2], p.line.split(",")[2]) for p in found.proposals]
    assert lines == [(item, code + item.removeprefix(code).replace(sub, f"{sub}9", 1)) for item in found.breaks]


@pytest.mark.parametrize(("kind", "code", "of"), PARTS)
def test_another_wording_of_a_row_or_an_answer_breaks_nothing(kind: ElementKind, code: str, of: str):
    found = only(compare(V1, edited(V1, part(code, of, "en"), text="Something else")))
    assert (*what(found), found.language) == (DriftKind.REWORDED, kind, code, of, "en")
    assert found.breaks == found.proposals == ()


@pytest.mark.parametrize(("code", "option"), OPTIONS)
def test_an_answer_that_vanishes_breaks_nothing_but_the_last_rank(code: str, option: str):
    found = only(compare(V1, without(V1, part(code, option))))
    assert what(found) == (DriftKind.VANISHED, ElementKind.OPTION, code, option)
    assert found.breaks == (("prio[3]",) if code == "prio" else ())


@pytest.mark.parametrize(("code", "option"), OPTIONS)
def test_an_answer_that_is_new_breaks_nothing_and_a_recode_line_is_proposed(code: str, option: str):
    before = without(V1, part(code, option))
    found = only(compare(before, V1, programme_mapping(before)))
    assert what(found) == (DriftKind.NEW, ElementKind.OPTION, code, option)
    assert found.breaks == ()
    assert found.proposals == (Proposal("recodes.csv", f"r_{code},{option},?,"),)


@pytest.mark.parametrize(("code", "option"), OPTIONS)
def test_an_answer_under_another_code_breaks_what_holds_it(code: str, option: str):
    found = only(compare(V1, edited(V1, part(code, option), code=f"{option}9")))
    assert what(found) == (DriftKind.RECODED, ElementKind.OPTION, code, option)
    assert found.found == f"it under the code {option}9"
    assert found.breaks
    assert set(found.breaks) <= items_of(code) - {f"{code}[other]", f"{code}[comment]"}
    assert found.proposals == (Proposal("recodes.csv", f"r_{code},{option}9,v_{option},"),)


def test_a_code_of_the_second_scale_breaks_only_what_the_second_scale_answers():
    found = only(compare(V1, edited(V1, part("td", "m1"), code="m9")))
    assert found.breaks == ("td[gouv][2]", "td[num][2]")
    assert found.scale == 1


# Types.


@pytest.mark.parametrize(
    ("code", "letter", "broken"),
    [
        ("court", "T", set()),
        ("court", "U", set()),
        ("long", "S", set()),
        ("boutons", "!", set()),
        ("region", "L", set()),
        ("boutons", "O", set()),
        ("suite", "L", {"suite[comment]"}),
        ("freins", "P", set()),
        ("leviers", "M", {"leviers[dircomment]", "leviers[reseaucomment]", "leviers[othercomment]"}),
        ("tf", "H", set()),
        ("etp", "S", {"etp"}),
        ("court", "N", {"court"}),
        ("note", "N", {"note"}),
        ("forme", "G", {"forme"}),
        ("ta", "B", {"ta[outil]", "ta[appui]"}),
        ("tn", ";", {"tn[sal_t1]", "tn[sal_t2]", "tn[ben_t1]", "tn[ben_t2]"}),
        ("benef", "Q", {"benef[f]", "benef[h]"}),
        ("freins", "K", {"freins[temps]", "freins[budget]", "freins[outils]", "freins[other]"}),
        ("pieces", "S", {"pieces", "pieces[filecount]"}),
        ("jour", "?", {"jour"}),
    ],
)
def test_another_type_breaks_what_it_answered_unless_its_answers_are_of_the_same_kind(
    code: str, letter: str, broken: set[str]
):
    found = only(compare(V1, edited(V1, everything_of(code), letter=letter)))
    assert what(found) == (DriftKind.RETYPED, ElementKind.QUESTION, code, "")
    assert set(found.breaks) == broken
    assert f"({letter})" in found.found


def test_a_list_that_becomes_a_multiple_choice_is_reported_once():
    live = without(V1, lambda e: e.question_code == "boutons" and e.element is ElementKind.OPTION)
    rows = [
        Element(element=ElementKind.SUBQUESTION, question_code="boutons", code=code, position=n, letter="M",
                language=language, text=code)
        for n, code in enumerate(("oui", "non"), start=1)
        for language in ("fr", "en")
    ]  # fmt: skip
    found = only(compare(V1, (*edited(live, everything_of("boutons"), letter="M"), *rows)))
    assert found.kind is DriftKind.RETYPED
    assert found.breaks == ("boutons",)
    assert [p.line for p in found.proposals] == ["suivi,1,boutons[oui],?,", "suivi,1,boutons[non],?,"]


# Answer "other".


def test_other_that_is_offered_no_more_breaks_its_text():
    found = compare(V1, edited(V1, everything_of("leviers"), has_other=False))
    assert what(only(found)) == (DriftKind.VANISHED, ElementKind.SUBQUESTION, "leviers", "other")
    assert set(found[0].breaks) == {"leviers[other]", "leviers[othercomment]"}


def test_other_that_is_offered_now_is_an_answer_that_the_recode_lacks():
    found = only(compare(V1, edited(V1, everything_of("boutons"), has_other=True)))
    assert what(found) == (DriftKind.NEW, ElementKind.OPTION, "boutons", "other")
    assert found.breaks == ()
    assert found.proposals == (Proposal("recodes.csv", "r_boutons,-oth-,?,"),)


# Exchanged codes: headings and codes remain, and their meaning changes.


def test_two_questions_that_exchange_their_codes_break_both():
    there = {"etp": "benev", "benev": "etp"}
    live = tuple(e.model_copy(update={"question_code": there.get(e.question_code, e.question_code)}) for e in V1)
    found = compare(V1, live)
    assert [(d.kind, d.question_code, d.breaks) for d in found] == [
        (DriftKind.RENAMED, "etp", ("etp",)),
        (DriftKind.RENAMED, "benev", ("benev",)),
    ]


def test_two_rows_that_exchange_their_codes_break_both():
    found = compare(V1, swapped(V1, "freins", "temps", "budget"))
    assert [(d.kind, d.code, d.breaks) for d in found] == [
        (DriftKind.RENAMED, "temps", ("freins[temps]",)),
        (DriftKind.RENAMED, "budget", ("freins[budget]",)),
    ]


def test_two_answers_that_exchange_their_codes_break_what_holds_them():
    found = compare(V1, swapped(V1, "tf", "oui", "non"))
    assert [(d.kind, d.code) for d in found] == [(DriftKind.RECODED, "oui"), (DriftKind.RECODED, "non")]
    assert broken_items(found) == {"tf[diag]", "tf[plan]", "tf[suivi]"}


def test_a_new_answer_under_the_code_of_another_breaks_the_items_that_hold_it():
    """Rename `enc` to `part`, remove the former `part`, and add an `enc` with another meaning."""
    live = without(V1, part("boutons", "part"))
    live = edited(live, part("boutons", "enc", "fr"), text="Pas encore décidé")
    live = edited(live, part("boutons", "enc", "en"), text="Not yet decided")
    rows = [
        Element(element=ElementKind.OPTION, question_code="boutons", code="part", position=9, letter="L",
                language=language, text=text)
        for language, text in [(e.language, e.text) for e in V1 if part("boutons", "enc")(e)]
    ]  # fmt: skip
    same = mapping(
        ("boutons", "i", "r"), recodes={"r": {"oui": "y", "enc": "some", "part": "some", "non": "no"}}
    )  # fmt: skip
    found = compare(V1, (*live, *rows), same)
    assert [(d.kind, d.code, d.breaks) for d in found if d.kind is not DriftKind.REORDERED] == [
        (DriftKind.RECODED, "enc", ()),
        (DriftKind.VANISHED, "part", ()),
        (DriftKind.NEW, "enc", ("boutons",)),
    ]


# An item that the crosswalk already covers is not broken.


def test_an_answer_whose_new_code_is_recoded_to_the_same_value_breaks_nothing():
    covering = mapping(("suite", "i", "r"), recodes={"r": {"oui": "y", "enc": "m", "maybe": "m", "part": "m"}})
    found = only(compare(V1, edited(V1, part("suite", "enc"), code="maybe"), covering))
    assert (found.kind, found.breaks, found.proposals) == (DriftKind.RECODED, (), ())


def test_an_answer_whose_new_code_is_recoded_to_another_value_breaks_what_holds_it():
    other = mapping(("suite", "i", "r"), recodes={"r": {"oui": "y", "enc": "m", "maybe": "y"}})
    found = only(compare(V1, edited(V1, part("suite", "enc"), code="maybe"), other))
    assert found.breaks == ("suite",)
    assert found.proposals == (Proposal("recodes.csv", "r,maybe,m,", replaces="r,maybe,y,"),)


def test_a_crosswalk_that_names_the_new_code_already_is_not_broken():
    ready = mapping(("etp2", "i", None), ("note", "j", None))
    found = only(compare(V1, edited(V1, everything_of("etp"), question_code="etp2"), ready))
    assert (found.kind, found.breaks) == (DriftKind.RENAMED, ())


def test_what_the_crosswalk_does_not_map_breaks_nothing():
    few = mapping(("note", "i", None))
    assert broken_items(compare(V1, V2, few)) == {"note"}
    assert broken_items(compare(V1, without(V1, everything_of("etp")), few)) == frozenset()


def test_the_crosswalk_of_another_version_is_not_concerned():
    live = without(V1, everything_of("etp"))
    assert broken_items(between(2, V1, live, MAPPED)) == frozenset()


# Inexact renames.


def renamed_and_reworded(text: str, *, code: str = "etp") -> Elements:
    live = edited(V1, question(code, "fr"), text=text)
    return edited(live, everything_of(code), question_code=f"{code}9")


def test_much_the_same_wording_in_the_same_place_is_the_same_question():
    found = compare(V1, renamed_and_reworded("Équivalents temps-plein (ETP)"))
    assert [d.kind for d in found] == [DriftKind.VANISHED, DriftKind.NEW]
    found = compare(V1, renamed_and_reworded("Équivalents à temps plein"))
    assert [d.kind for d in found] == [DriftKind.RENAMED, DriftKind.REWORDED]
    assert found[0].proposals[0].line.startswith("suivi,1,etp9,")


def test_typography_does_not_make_another_question():
    found = compare(V1, renamed_and_reworded("Date de l’ENTRETIEN :", code="jour"))
    assert [d.kind for d in found] == [DriftKind.RENAMED, DriftKind.REWORDED]


def test_other_figures_make_another_question():
    found = compare(V1, renamed_and_reworded("Satisfaction 1-6", code="ta"))
    assert [d.kind for d in found] == [DriftKind.VANISHED, DriftKind.NEW]


def test_much_the_same_wording_in_another_place_is_another_question():
    live = renamed_and_reworded("Équivalents à temps plein")
    found = compare(V1, edited(live, question("etp9"), position=99))
    assert [d.kind for d in found] == [DriftKind.VANISHED, DriftKind.NEW]


def test_a_question_of_another_code_wording_and_type_is_a_new_one():
    live = edited(renamed_and_reworded("Équivalents temps plein"), everything_of("etp9"), letter="S")
    assert [d.kind for d in compare(V1, live)] == [DriftKind.VANISHED, DriftKind.NEW]


def test_of_two_questions_with_one_wording_each_keeps_its_own_code():
    double = edited(V1, question("court"), text="Précisez")
    double = edited(double, question("dernier"), text="Précisez")
    assert compare(double, double, programme_mapping(double)) == ()
    found = only(compare(double, without(double, everything_of("court")), programme_mapping(double)))
    assert (found.kind, found.question_code) == (DriftKind.VANISHED, "court")


# Combined edits.


def test_a_question_and_its_row_under_other_codes_are_both_reported_and_both_proposed():
    live = edited(V1, part("freins", "temps"), code="duree")
    live = edited(live, everything_of("freins"), question_code="obst")
    found = compare(V1, live)
    assert [what(d)[::2] for d in found] == [(DriftKind.RENAMED, "freins"), (DriftKind.RENAMED, "freins")]
    assert {p.line.split(",")[2] for d in found for p in d.proposals} == {
        "obst[duree]", "obst[budget]", "obst[outils]", "obst[other]",
    }  # fmt: skip


def test_two_answers_that_vanish_take_two_ranks_away():
    found = compare(V1, without(V1, lambda e: e.question_code == "prio" and e.code in ("p1", "p2")))
    assert [(d.kind, d.breaks) for d in found] == [
        (DriftKind.VANISHED, ("prio[3]",)),
        (DriftKind.VANISHED, ("prio[2]",)),
    ]


def test_an_answer_in_the_place_of_another_leaves_the_ranks_as_they_are():
    live = edited(V1, part("prio", "p3"), code="p9")
    live = edited(live, part("prio", "p9"), text="Une autre priorité")
    found = compare(V1, live)
    assert [d.kind for d in found] == [DriftKind.VANISHED, DriftKind.NEW]
    assert broken_items(found) == frozenset()


def test_the_first_row_takes_the_place_of_the_questions_own_field():
    bare = without(V1, lambda e: e.question_code == "mbout" and e.element is ElementKind.SUBQUESTION)
    found = compare(bare, V1, programme_mapping(bare, ["mbout"]))
    assert [d.kind for d in found] == [DriftKind.NEW, DriftKind.NEW]
    assert broken_items(found) == {"mbout"}


# Order.


def test_one_question_elsewhere_is_one_difference():
    found = only(compare(V1, edited(V1, question("dernier"), position=1)))
    assert what(found) == (DriftKind.REORDERED, ElementKind.QUESTION, "dernier", "")
    assert (found.expected, found.breaks) == ("it after score", ())


def test_answers_in_another_order_break_nothing():
    live = edited(V1, part("boutons", "non"), position=1)
    live = edited(live, part("boutons", "oui"), position=4)
    found = compare(V1, live)
    assert {d.kind for d in found} == {DriftKind.REORDERED}
    assert broken_items(found) == frozenset()


def test_what_moved_together_is_reported_together():
    found = next(d for d in compare(V1, V2) if d.kind is DriftKind.REORDERED and d.question_code == "ta")
    assert found.found == "it, and tb, tc, te, tf, th, td, tn, tcoche, tt with it, after pieces"
    assert found.expected == "it after moment"


# Languages.


def test_a_removed_language_is_one_difference():
    found = only(compare(V1, without(V1, lambda e: e.language == "en")))
    assert (found.kind, found.element, found.language, found.breaks) == (DriftKind.VANISHED, None, "en", ())
    back = only(compare(without(V1, lambda e: e.language == "en"), V1))
    assert (back.kind, back.language) == (DriftKind.NEW, "en")


def test_without_a_common_language_codes_alone_decide():
    live = edited(without(V1, lambda e: e.language == "en"), lambda _: True, language="de", text="?")
    found = compare(without(V1, lambda e: e.language == "en"), live)
    assert [(d.kind, d.language) for d in found] == [(DriftKind.VANISHED, "fr"), (DriftKind.NEW, "de")]
    live = edited(live, part("boutons", "enc"), code="cours")
    assert [d.kind for d in compare(without(V1, lambda e: e.language == "en"), live)][2:] == [
        DriftKind.VANISHED, DriftKind.NEW,
    ]  # fmt: skip


# Without a baseline.


def test_without_a_baseline_only_the_items_that_nobody_asks_are_reported():
    found = compare((), V1, mapping(("note", "i", None), ("etpp", "j", None), ("freins[temp]", "k", None)))
    assert [(*what(d), d.breaks) for d in found] == [
        (DriftKind.VANISHED, ElementKind.QUESTION, "etpp", "", ("etpp",)),
        (DriftKind.VANISHED, ElementKind.SUBQUESTION, "freins", "temp", ("freins[temp]",)),
    ]


# Proposals.


def test_a_recode_that_other_questions_share_is_not_changed_under_them():
    shared = mapping(
        ("boutons", "i", "steps"),
        ("tf[diag]", "j", "steps"),
        recodes={"steps": {"oui": "y", "enc": "some", "part": "some", "non": "n"}},
    )
    found = compare(V1, swapped(V1, "boutons", "oui", "non"), shared)
    assert broken_items(found) == {"boutons"}
    assert found[0].proposals == (
        Proposal("crosswalk.csv", "suivi,1,boutons,i,steps_v1", replaces="suivi,1,boutons,i,steps"),
        Proposal("recodes.csv", "steps_v1,non,y,"),
        Proposal("recodes.csv", "steps_v1,enc,some,"),
        Proposal("recodes.csv", "steps_v1,part,some,"),
        Proposal("recodes.csv", "steps_v1,oui,n,"),
    )


def test_a_recode_of_one_question_is_mended_in_its_place():
    own = mapping(("boutons", "i", "steps"), recodes={"steps": {"oui": "y", "enc": "s", "part": "s", "non": "n"}})
    found = compare(V1, swapped(V1, "boutons", "oui", "non"), own)
    assert [p for d in found for p in d.proposals] == [
        Proposal("recodes.csv", "steps,non,y,", replaces="steps,non,n,"),
        Proposal("recodes.csv", "steps,oui,n,", replaces="steps,oui,y,"),
    ]


def test_answers_that_were_read_as_their_codes_get_a_recode():
    bare = mapping(("boutons", "i", None))
    found = only(compare(V1, edited(V1, part("boutons", "enc"), code="cours"), bare))
    assert found.breaks == ("boutons",)
    assert found.proposals[0] == Proposal(
        "crosswalk.csv", "suivi,1,boutons,i,boutons_v1", replaces="suivi,1,boutons,i,"
    )
    assert Proposal("recodes.csv", "boutons_v1,cours,enc,") in found.proposals


@pytest.mark.parametrize(
    ("code", "text", "indicator"),
    [
        ("nb", "Professionnels impliqués", "professionals,"),
        ("nb", "Companies involved ?", "companies,"),
        ("support_rating", "?", "support_rating,"),
        ("nb", "La météo du jour", "?,"),
    ],
)
def test_the_indicator_of_a_new_question_is_proposed_where_a_label_or_code_is_close(
    code: str, text: str, indicator: str
):
    rows = [
        Element(element=ElementKind.QUESTION, question_code=code, position=99, letter="N", language=language, text=text)
        for language in ("fr", "en")
    ]
    found = only(compare(V1, (*V1, *rows), mapping()))
    assert found.proposals == (Proposal("crosswalk.csv", f"suivi,1,{code},{indicator}"),)


def test_the_indicator_of_a_new_question_is_the_one_that_another_version_gives_it():
    programme = read_programme(EXAMPLE)
    baseline = programme.questionnaires[INSTRUMENT, 2]
    found = between(2, baseline, programme.questionnaires[INSTRUMENT, 3], programme)
    proposed = [p.line for d in found for p in d.proposals]
    assert proposed == ["suivi,2,poursuite,will_continue,yes_no"]


def test_a_proposed_line_keeps_the_break_that_the_one_it_replaces_declares():
    programme = read_programme(EXAMPLE)
    broken = [
        line.model_copy(update={"break_reason": "asked, otherwise"}) if line.item == "professionnels" else line
        for line in programme.crosswalk
    ]
    baseline = programme.questionnaires[INSTRUMENT, 2]
    live = edited(baseline, everything_of("professionnels"), question_code="pros")
    found = only(between(2, baseline, live, programme.model_copy(update={"crosswalk": broken})))
    assert [p.line for p in found.proposals] == ['suivi,2,pros,professionals,,"asked, otherwise"']
    live = edited(baseline, everything_of("entreprises"), question_code="soc")
    found = only(between(2, baseline, live, programme.model_copy(update={"crosswalk": broken})))
    assert [p.line for p in found.proposals] == ["suivi,2,soc,companies,,"]


def test_a_question_that_gives_several_shares_is_renamed_on_each_of_their_lines():
    programme = read_programme(EXAMPLE)
    shares = [
        line.model_copy(update={"indicator_code": f"{value}_share", "share_of": value})
        for line in programme.crosswalk_of(INSTRUMENT, 2)
        if line.item == "adoption"
        for value in ("adopted", "no")
    ]
    baseline = programme.questionnaires[INSTRUMENT, 2]
    mapped = programme.model_copy(update={"crosswalk": shares})
    found = next(
        difference
        for difference in between(
            2, baseline, edited(baseline, everything_of("adoption"), question_code="usage"), mapped
        )
        if difference.kind is DriftKind.RENAMED
    )
    assert found.breaks == ("adoption",)
    assert [(p.line, p.replaces) for p in found.proposals] == [
        (f"suivi,2,usage,{share}", f"suivi,2,adoption,{share}")
        for share in ("adopted_share,adoption_online,adopted", "no_share,adoption_online,no")
    ]
    gone = next(d for d in between(2, baseline, without(baseline, everything_of("adoption")), mapped) if d.breaks)
    assert [p.replaces for p in gone.proposals] == [p.replaces for p in found.proposals]


def test_a_question_that_names_people_is_proposed_as_an_identifier_under_its_new_code():
    programme = read_programme(EXAMPLE)
    baseline = programme.questionnaires[INSTRUMENT, 3]
    live = edited(baseline, everything_of("contact"), question_code="personne")
    found = only(between(3, baseline, live, programme))
    assert "which is not among the identifiers" in found.found
    assert found.proposals == (
        Proposal("programme.yaml", "identifiers: [contact, personne]", replaces="identifiers: [contact]"),
    )


def test_a_code_that_csv_must_quote_is_quoted():
    found = only(compare(V1, edited(V1, part("boutons", "enc"), code='e,"n')))
    assert found.proposals[0].line == 'r_boutons,"e,""n",v_enc,'


# All question types, from one version of the recorded survey to the next.

GOLDEN = """\
recoded option statut coop: found it under the code scop; expected “Coopérative” under the code coop; breaks statut
reworded question suite (fr): found “Allez-vous poursuivre la démarche ?”; expected “Poursuivrez-vous ?”
reworded question suite (en): found “Will you carry on with it?”; expected “Will you go on?”
vanished question note: found no such question; expected five points (5) “Note sur 5”; breaks note
reordered question jour: found it after langue; expected it after forme
reordered question ta: found it, and tb, tc, te, tf, th, td, tn, tcoche, tt with it, after pieces; expected it after moment
new subquestion freins rh: found “Recrutement”; expected no such subquestion
reworded question score (fr): found “{if(forme.NAOK=="Y",10,0)}”; expected “{if(forme.NAOK=="Y",10,0)+note.NAOK}”
reworded question score (en): found “{if(forme.NAOK=="Y",10,0)}”; expected “{if(forme.NAOK=="Y",10,0)+note.NAOK}”
new question annee: found list radio (L) “Année d'adoption”; expected no such question
"""  # noqa: E501 a list as the command prints it, a line a difference


def described(d: Difference) -> str:
    words = [d.kind, d.element or "", d.question_code, d.code, f"({d.language})" if d.language else ""]
    breaks = f"; breaks {', '.join(d.breaks)}" if d.breaks else ""
    return f"{' '.join(word for word in words if word)}: found {d.found}; expected {d.expected}{breaks}\n"


def test_the_next_version_of_the_recorded_survey_differs_in_these_points():
    assert "".join(map(described, compare(V1, V2))) == GOLDEN


# For any edits, removed questions break their items, and unchanged ones do not.

Edit = Callable[[Elements], Elements]


def edits() -> st.SearchStrategy[tuple[str, Edit]]:
    def of_question(code: str, how: int, other: str) -> tuple[str, Edit]:
        mine = everything_of(code)
        changes: list[Edit] = [
            lambda e: without(e, mine),
            lambda e: edited(e, mine, question_code=f"{code}x"),
            lambda e: edited(e, mine, letter=other),
            lambda e: edited(e, mine, has_other=not next((x for x in e if mine(x)), e[0]).has_other),
            lambda e: edited(e, question(code), text=other * 9),
            lambda e: edited(e, question(code), position=ord(other)),
        ]
        return code, changes[how]

    def of_part(place: int, how: int, other: str) -> tuple[str, Edit]:
        _, code, sub = PARTS[place]
        mine = part(code, sub)
        changes: list[Edit] = [
            lambda e: without(e, mine),
            lambda e: edited(e, mine, code=f"{sub}x"),
            lambda e: edited(e, mine, text=other * 9),
            lambda e: edited(e, mine, position=ord(other)),
        ]
        return code, changes[how]

    letters = st.sampled_from("5ABCDEFGHIKLMNOPQRSTUXY!:;|*1?")
    questions = st.builds(of_question, st.sampled_from(QUESTIONS), st.integers(0, 5), letters)
    return questions | st.builds(of_part, st.integers(0, len(PARTS) - 1), st.integers(0, 3), letters)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(edits(), min_size=1, max_size=5))
def test_whatever_is_edited_what_is_gone_is_broken_and_what_is_untouched_is_not(many: list[tuple[str, Edit]]):
    live = V1
    for _, edit in many:
        live = edit(live)
    found = compare(V1, live)
    broken = broken_items(found)
    gone = set(FIELDS) - set(fields_of(questionnaire_of(live)))
    touched = set().union(*(items_of(code) for code, _ in many))
    assert gone <= broken <= touched
    assert compare(V1, live) == found
    back = compare(live, V1, programme_mapping(live))
    assert not broken_items(back) - set(fields_of(questionnaire_of(live)))


def test_a_swap_of_codes_is_never_trusted():
    for kind, code, one in PARTS:
        for other_kind, other_code, other in PARTS:
            if (other_kind, other_code) == (kind, code) and one < other:
                broken = broken_items(compare(V1, swapped(V1, code, one, other)))
                same_scale = {e.scale for e in V1 if e.question_code == code and e.code in (one, other)}
                if len(same_scale) == 1:
                    assert broken, (code, one, other)
