"""Test that every mistake in a programme folder is reported with its file and line."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from folder_mistakes import COLD_STORES
from programme_folders import FILES, REFERENCE, copied, edit, mistakes_of
from running import essaim

from schemas.attributes import Attribute, AttributeValue
from schemas.corrections import Correction
from schemas.enums import Exit
from schemas.errors import Mistake, ProgrammeError, UsageError
from schemas.following import Period
from schemas.instruments import NothingToReport
from schemas.participants import ParticipantAttribute
from schemas.rules import RowCondition
from schemas.targets import Target
from tasks.programme import read_programme
from tasks.programme.anchors import doubtful_anchors
from tasks.programme.declared import OTHER_THAN_BY_CAPITALS
from tasks.programme.doubts import doubtful_lines
from tasks.programme.folder import TABLE_FILES
from tasks.programme.rows import programme_rows
from tasks.programme.unused import unused
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_the_reference_programme_has_no_mistake():
    programme = read_programme(REFERENCE)
    assert programme.settings.programme == "ais_emploi"


def test_the_reference_programme_has_eight_innovations_and_85_enrolled_structures():
    programme = read_programme(REFERENCE)
    enrolled = Counter(programme.cohort_by_code[e.cohort_code].innovation for e in programme.enrolments)
    assert [i.code for i in programme.settings.innovations] == [
        "VITA", "GARDIEN", "TAPAJ", "SOLENI", "RALLYES", "LREF", "JEUNESS", "ACOR",
    ]  # fmt: skip
    assert enrolled == {"VITA": 11, "GARDIEN": 16, "TAPAJ": 40, "SOLENI": 2, "RALLYES": 7, "LREF": 9}
    assert len({e.structure_code for e in programme.enrolments}) == 85


def test_every_structure_that_is_invented_says_so_in_its_name():
    for enrolment in read_programme(REFERENCE).enrolments:
        assert ("inventée" in enrolment.structure_name) is enrolment.is_invented


ANYTHING = "innovation, cohort or structure"
YAML_MISTAKES = [
    ("timezone: Europe/Paris\nlocale", "timezon: Europe/Paris\nlocale", "the key 'timezon'", "timezone"),
    ("grace_days: 15", "grace_day: 15", "the key 'grace_day'", "grace_days"),
    ("code: M03, months: 3", "code: M03, month: 3", "the key 'month'", "months"),
    ("kind: limesurvey", "kind: limesurvy", "kind of instrument suivi = 'limesurvy'", "limesurvey"),
    ("mode: on_site", "mode: on_sight", "mode of instrument grille_vita = 'on_sight'", "on_site"),
    ("innovation: SOLENI, name", "innovation: SOLENY, name", "innovation 'SOLENY'", "SOLENI"),
    ("innovations: [VITA]", "innovations: [VITTA]", "innovation 'VITTA'", "VITA"),
    ("follows: [TAPAJ, SOLENI]", "follows: [TAPAJ, SOLENI, SOLEN]", f"{ANYTHING} 'SOLEN'", "SOLENI"),
    ("occasions: [M03, M12, M18]", "occasions: [M03, M12, M19]", "occasion 'M19'", "M18"),
    ("item: Données!retours", "item: Données!retour", "item 'Données!retour'", "Données!retours"),
]


@pytest.mark.parametrize(("old", "new", "found", "nearest"), YAML_MISTAKES)
def test_a_misspelt_word_of_the_settings_is_reported_with_its_line_and_the_nearest_word(
    folder: Path, old: str, new: str, found: str, nearest: str
):
    line = edit(folder, "programme.yaml", old, new)
    mistakes = [(m.file, m.line, m.found, m.nearest) for m in mistakes_of(folder)]
    assert ("programme.yaml", line, found, nearest) in mistakes


BOMB = "\n".join(f"b{n}: &b{n} [{f'*b{n - 1},' * 99}]" for n in range(2, 6))
OTHER_YAML_MISTAKES = [
    ("programme: ais_emploi\n", "", "no programme", "a value for it, such as programme: my_programme"),
    ("timezone: Europe/Paris\nlocale", "timezone: Europe/Pariss\nlocale", "timezone = 'Europe/Pariss'", "time zone"),
    ("code: M06, months: 6", "code: M06, months: six", "months of occasion M06 = 'six'", "a whole number, such as 6"),
    (
        "code: M06, months: 6",
        "code: M06, months: 06",
        "months of occasion M06 = 06",
        "a number without a zero before it: write 6",
    ),
    ("code: M06, months: 6", "code: M06, months: 6:30", "months of occasion M06 = 6:30", "a number in decimal digits"),
    ("code: M06, months: 6", "code: M06, months: -121", "months of occasion M06 = -121", "at least -120"),
    ("email: camille@example.org", "email: camille", "email of evaluator EVAL-A = 'camille'", "one e-mail address"),
    ("anchor_on: 2015-12-31", "anchor_on: never", "anchor_on of cohort VITA-1 = 'never'", "a day such as 2025-03-31"),
    ("anchor_on: 2015-12-31", "anchor_on: 2015-12-32", "2015-12-32", ""),
    ("locale: fr", "locale: de", "locale = 'de'", "fr or en"),
    ("programme: ais_emploi", "programme: ais emploi", "programme = 'ais emploi'", "write ais_emploi"),
    ("locale: fr", "locale: fr\nlocale: en", "the key 'locale' a second time", "each key once"),
    ("code: M09, months: 9", "code: M06, months: 9", "occasion 'M06' a second time", "each once"),
    ("code: M09, months: 9", "code: M09, months: 6", "months 6 of occasion M09, as of M06", "other months"),
    (
        "code: M12, months: 12, phase: 2}",
        "code: M12, months: 24, phase: 2}",
        "phase 2 of M12 (months 24), after phase 3 of M18 (months 18)",
        "the order of the months",
    ),
    (
        "trained_from: 2017-04, anchor_on: 2017-06-30",
        "trained_from: 2017-04, anchor_on: 2016-06-30",
        "anchor_on 2016-06-30 of TAPAJ-1",
        "a day after 2017-04",
    ),
    ("code: ACOR, name", "code: LREF, name", "innovation 'LREF' a second time", "each once"),
    ("survey_id: 310602", "survey_id: 310601", "survey_id '310601' a second time", "each once"),
    (
        "version: 2, occasions: [M12]",
        "version: 2, occasions: [M12, M06]",
        "occasion 'M06' of instrument suivi a second time",
        "each once",
    ),
    (
        "version: 2, occasions: [M12]",
        "version: 1, occasions: [M12]",
        "version '1' of instrument suivi a second time",
        "each once",
    ),
    ("code: retours, label", "code: personnes, label", "item 'Données!personnes' a second time", "each once"),
    ("follows: [TAPAJ, SOLENI]", "follows: [TAPAJ]", "innovation 'SOLENI' followed by nobody", "an evaluator"),
    ("grace_days: 15", "grace_days: 15\n  escalate_after_days: 60", "an escalation to nobody", "lead: {name"),
    (
        "follows: [TAPAJ, SOLENI]",
        "follows: [TAPAJ, SOLENI, TAPAJ]",
        "innovation 'TAPAJ' of evaluator EVAL-B a second time",
        "each once",
    ),
    (
        "innovations: [VITA]",
        "innovations: [VITA, VITA]",
        "innovation 'VITA' of instrument grille_vita a second time",
        "each once",
    ),
    (", survey_id: 310601", "", "no survey_id of version 1, which is a survey (instrument suivi)", "survey_id: 123456"),
    (
        "cohort: attribute_2}",
        "cohort: cohorte}",
        "cohort: cohorte (join of instrument suivi)",
        "an attribute of the participants",
    ),
    ("join: {structure: attribute_1, cohort: attribute_2}", "join: {by: token, cohort: null}", "", "beside by: token"),
    (
        "join: {structure: attribute_1, cohort: attribute_2}",
        "join: {by: question}",
        "by: question with an attribute",
        "structure and cohort: the codes",
    ),
    (
        "join: {structure: attribute_1, cohort: attribute_2}",
        "join: {by: tokens}",
        "by of join of instrument suivi = 'tokens'",
        "token or",
    ),
    (
        "{structure: attribute_1, cohort: attribute_2}",
        "{by: question, structure: contact, cohort: null}",
        "contact under join and under identifiers (instrument suivi)",
        "whose answers are discarded",
    ),
    (
        "{version: 2, occasions: [M12]",
        "{version: 2, occasions: [M12, M15]",
        "survey 310602 for several occasions (M12, M15), and no join.occasion",
        "one survey for each occasion, or join.occasion",
    ),
    ("cohort: attribute_2}", "cohort: attribute_2, occasion: ''}", "", "an attribute, a question, token, or by window"),
    (
        "{structure: attribute_1, cohort: attribute_2}",
        "{by: question, structure: q, cohort: null, occasion: token}",
        "occasion: token beside by: question",
        "the code of a question under occasion",
    ),
    ("cohort: attribute_2}", "cohort: null, recode: {cohort: x}}", "", "no recode of the cohort"),
    ("cohort: attribute_2}", "cohort: attribute_2, recode: {occasion: x}}", "", "no recode of the occasion"),
    (
        "cohort: attribute_2}",
        "cohort: attribute_2, recode: {cohort: adoptoin}}",
        "recode 'adoptoin' of join.recode of suivi",
        "declared",
    ),
    (
        "cohort: attribute_2}",
        "cohort: attribute_2, occasion: contact}",
        "contact under join and under identifiers",
        "discarded",
    ),
    ("identifiers: [contact]", "identifiers: [contact]\n    respondents: {minimum: 2}", "", "several: true"),
    (
        "identifiers: [contact]",
        "identifiers: [contact]\n    respondents: {minimum: 0}",
        "minimum of respondents of instrument suivi = 0",
        "at least 1",
    ),
    (
        "identifiers: [contact]",
        "identifiers: [contact]\n    respondents: {several: true, duplicates: first}",
        "",
        "no duplicates where several answer",
    ),
    (
        "identifiers: [contact]",
        "identifiers: [contact]\n    respondents: {after_leaving: drop}",
        "after_leaving of respondents of instrument suivi = 'drop'",
        "set_aside",
    ),
    (
        "survey_id: 310601}",
        "survey_id: 310601, emptied_on: en mars}",
        "emptied_on of version 1 of instrument suivi = 'en mars'",
        "a day such as",
    ),
    (
        "occasions: [M03, M12, M18]",
        "occasions: [M03, M12, M18]\n        emptied_on: 2018-01-31",
        "",
        "emptied_on of a survey only",
    ),
    ("sources:\n  limesurvey:", "sources:\n  limesurvey: null\ndisclosure:\n  x:", "the key", ""),
    ("  inbox:\n    path: inbox\n", "", "a workbook instrument and no source", "sources.inbox"),
    (
        "url: http://127.0.0.1:8085",
        "url: http://user:secret@127.0.0.1:8085",
        "url of limesurvey of sources = ",
        "without user and password",
    ),
    ("locale: fr", "locale: [fr", "a bracket [ that is opened and not closed", "] at the end"),
    ("locale: fr", "locale: !!python/name:os.system", "a text that begins with !", "in quotes"),
    ("locale: fr", "locale: \x07fr", "a control sign (U+0007)", "delete it"),
    ("locale: fr", "locale: &it [*it]", "brackets in brackets without end", "fewer"),
    ("locale: fr", f"locale: {'[' * 5000}", "brackets in brackets without end", "fewer"),
    ("locale: fr", f"b1: &b1 [{'x,' * 99}]\n{BOMB}", "more than 200000 entries", "the lines of a programme"),
]


@pytest.mark.parametrize(
    ("old", "new", "found", "expected"), OTHER_YAML_MISTAKES, ids=[new[:40] for _, new, _, _ in OTHER_YAML_MISTAKES]
)
def test_a_mistake_in_the_settings_says_what_was_found_and_what_was_expected(
    folder: Path, old: str, new: str, found: str, expected: str
):
    edit(folder, "programme.yaml", old, new)
    mistakes = mistakes_of(folder)
    assert any(m.file == "programme.yaml" and found in m.found and expected in m.expected for m in mistakes), mistakes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("code: M06, months: 6", "code: M06, months: six"),
        ("anchor_on: 2015-12-31", "anchor_on: 2015-12-32"),
        ("survey_id: 310602", "survey_id: 310601"),
        ("follows: [TAPAJ, SOLENI]", "follows: [TAPAJ, SOLENI, TAPAJ]"),
    ],
)
def test_a_mistake_in_the_settings_has_its_line(folder: Path, old: str, new: str):
    line = edit(folder, "programme.yaml", old, new)
    assert line in [m.line for m in mistakes_of(folder)]


def test_a_survey_is_shared_by_window_only_where_an_occasion_opens_after_the_grace_period_of_the_one_before(
    folder: Path,
):
    edit(folder, "programme.yaml", "cohort: attribute_2}", "cohort: attribute_2, occasion: by window}")
    edit(folder, "programme.yaml", "{version: 2, occasions: [M12]", "{version: 2, occasions: [M12, M15]")
    read_programme(folder)

    def of_one_cohort() -> list[str]:
        return [
            mistake.found for mistake in mistakes_of(folder) if "by window, although M15 of VITA-1" in mistake.found
        ]

    # Of VITA-1, M12 is due on 31 December 2016 and M15 on 31 March 2017.
    edit(folder, "programme.yaml", "opens_days_before: 30\n  grace_days: 15", "opens_days_before: 60\n  grace_days: 30")
    (found,) = of_one_cohort()
    assert found.endswith("M15 of VITA-1 opens on 2017-01-30, and M12 is on time until 2017-01-30 (and so for 3 more)")
    edit(folder, "programme.yaml", "opens_days_before: 60\n  grace_days: 30", "opens_days_before: 59\n  grace_days: 31")
    assert len(of_one_cohort()) == 1
    edit(folder, "programme.yaml", "opens_days_before: 59\n  grace_days: 31", "opens_days_before: 59\n  grace_days: 30")
    read_programme(folder)


def test_a_recode_of_a_join_gives_codes_that_are_declared(folder: Path):
    edit(folder, "programme.yaml", "cohort: attribute_2}", "cohort: attribute_2, recode: {cohort: waves}}")
    recodes = folder / "recodes.csv"
    text = recodes.read_text(encoding="utf-8")
    recodes.write_text(f"{text}waves,Hiver 2016,VITA-2,\n", encoding="utf-8")
    read_programme(folder)
    recodes.write_text(f"{text}waves,Hiver 2016,VITA-22,\n", encoding="utf-8")
    (mistake,) = mistakes_of(folder)
    assert (mistake.file, mistake.found, mistake.nearest) == (
        "recodes.csv",
        "cohort 'VITA-22' in a recode that join.recode of suivi uses",
        "VITA-2",
    )


@pytest.mark.parametrize(
    ("join", "reserved"),
    [
        ("{by: question, structure: seed, cohort: token}", {"structure": "seed", "cohort": "token"}),
        ("{structure: attribute_1, cohort: attribute_2, occasion: datestamp}", {"occasion": "datestamp"}),
    ],
)
def test_a_join_by_a_question_with_the_code_of_a_column_of_the_export_is_a_mistake(
    folder: Path, join: str, reserved: dict[str, str]
):
    line = edit(folder, "programme.yaml", "{structure: attribute_1, cohort: attribute_2}", join)
    assert {(m.file, m.line, m.found, m.expected) for m in mistakes_of(folder)} == {
        ("programme.yaml", line, f"join.{what} {code!r}, {RESERVED}", ANOTHER_CODE) for what, code in reserved.items()
    }


@pytest.mark.parametrize(
    "join",
    [
        "{structure: attribute_1, cohort: attribute_2, occasion: token}",
        "{by: question, structure: 'seed[first]', cohort: null}",
    ],
)
def test_a_join_by_an_occasion_in_the_token_or_by_a_subquestion_is_no_mistake(folder: Path, join: str):
    edit(folder, "programme.yaml", "{structure: attribute_1, cohort: attribute_2}", join)
    read_programme(folder)


TABLE_MISTAKES = [
    ("structures.csv", "ICARE,ICARE,VITA-2", "ICARE,ICARE,VITA-9", "cohort 'VITA-9'", "declared", "VITA-2"),
    ("structures.csv", "ICARE,ICARE,VITA-2", ",ICARE,VITA-2", "structure_code = ''", "a code of letters", ""),
    ("structures.csv", "ICARE,ICARE,VITA-2", "ICARE,,VITA-2", "structure_name = ''", "not blank", ""),
    ("structures.csv", "IPSO,IPSO,VITA-2", "ICARE,ICARE,VITA-2", "the same structure in the same cohort", "line 7", ""),
    ("structures.csv", "IPSO,IPSO,VITA-2", "ICARE,Icare,VITA-1", "another name for ICARE", "'ICARE'", ""),
    ("structures.csv", "2017-09-30", "2016-09-30", "left_on 2016-09-30", "2016-12-15", ""),
    ("structures.csv", "2017-09-30", "30/09/2017", "left_on = '30/09/2017'", "write 2017-09-30", ""),
    (
        "structures.csv",
        "BIC,BIC,GARDIEN-1,,,false",
        "BIC,BIC,GARDIEN-1,,,peut-être",
        "is_invented",
        "true or false",
        "",
    ),
    ("structures.csv", "BIC,BIC,GARDIEN-1,,,false", "BIC,BIC,GARDIEN-1,,,false,,x", "another number of", "7 cells", ""),
    ("structures.csv", "BIC,BIC,GARDIEN-1,,,false", "BIC,BIC,GARDIEN-1", "another number of", "7 cells", ""),
    (
        "codebook.csv",
        "support,structure,number",
        "support,structure,nomber",
        "kind = 'nomber'",
        "count, number, choice",
        "number",
    ),
    ("codebook.csv", "structure,number,out of 5,1,5", "structure,number,out of 5,6,5", "minimum 6", "at most 5", ""),
    (
        "codebook.csv",
        "structure,choice,,,,,,yes|no,none,,true",
        "structure,choice,,,,,,,none,,true",
        "no allowed_values of a choice",
        "such as yes|no",
        "",
    ),
    ("codebook.csv", "out of 5,1,5,,,", "out of 5,1,5,,,a|b", "allowed_values of a number", "only a choice", ""),
    ("codebook.csv", "out of 5,1,5,,,", "out of 5,1,5,6,,", "ceiling 6", "between the minimum and the maximum", ""),
    ("codebook.csv", "out of 5,1,5,,,", "out of 5,1,5,0,,", "ceiling 0", "between the minimum and the maximum", ""),
    (
        "codebook.csv",
        "choice,,,,,,yes|no",
        "choice,,,,0,,yes|no",
        "a ceiling of a choice",
        "a count or a number only",
        "",
    ),
    (
        "codebook.csv",
        "choice,,,,,,yes|no",
        "choice,,,,,true,yes|no",
        "a cumulative choice",
        "a count or a number only",
        "",
    ),
    ("codebook.csv", "choice,,,,,,yes|no", "choice,,,,,maybe,yes|no", "is_cumulative = 'maybe'", "true or false", ""),
    *(
        ("codebook.csv", "out of 5,1,5,,,", f"out of 5,{limits},,,", found, expected, "")
        for limits, found, expected in [
            ('"1,234",5', "minimum = '1,234'", "a number with one reading: write 1234 or 1,2340"),
            ("1,1.234", "maximum = '1.234'", "a number with one reading: write 1234 or 1.2340"),
            ("1,012", "maximum = '012'", "a number without a zero before it"),
            ("1,50 %", "maximum = '50 %'", "a number that is not a percentage, or % as the unit"),
            ("1,nan", "maximum = 'nan'", "a number, such as 12"),
        ]
    ),
    ("codebook.csv", "out of 5,1,5,,,", "out of 5,1,5,1.234,,", "ceiling = '1.234'", "1234 or 1.2340", ""),
    ("codebook.csv", "yes|no", "yes|no|yes", "allowed_values 'yes|no|yes'", "each value once", ""),
    ("codebook.csv", "yes|no", "yes||no", "allowed_values 'yes||no'", "none of them blank", ""),
    ("codebook.csv", "yes|no", "yes| no", "allowed_values 'yes| no'", "no blanks beside |", ""),
    ("codebook.csv", "companies,Ent", "professionals,Ent", "the same indicator again", "line 4", ""),
    ("crosswalk.csv", "suivi,3,poursuite", "suivy,3,poursuite", "instrument 'suivy'", "suivi", "suivi"),
    ("crosswalk.csv", "suivi,3,poursuite", "suivi,4,poursuite", "version '4' of suivi", "1, 2, 3", ""),
    ("crosswalk.csv", "poursuite,will_continue", "poursuite,will_continu", "'will_continu'", "", "will_continue"),
    ("crosswalk.csv", "will_continue,yes_no", "will_continue,yes_non", "recode 'yes_non'", "yes_no", "yes_no"),
    ("crosswalk.csv", "Données!retours", "Données!retour", "item 'Données!retour'", "", "Données!retours"),
    (
        "crosswalk.csv",
        "suivi,3,poursuite",
        "suivi,3,adoption",
        "the same item again (suivi, 3, adoption)",
        "line 17",
        "",
    ),
    (
        "crosswalk.csv",
        "poursuite,will_continue,yes_no",
        "p,companies,",
        "same version again (suivi, 3, companies)",
        "line 16",
        "",
    ),
    ("recodes.csv", "adoption_online,enc,in_progress", "adoption_online,enc,in_progres", "", "", "in_progress"),
    ("recodes.csv", "yes_no,N,no,", "yes_no,N,no,unexplained", "", "either a value or a missing_reason", ""),
    ("recodes.csv", "yes_no,N,no,", "yes_no,N,,", "", "either a value or a missing_reason", ""),
    ("recodes.csv", "yes_no,N,no,", "yes_no,N,,unexplain", "'unexplain'", "unexplained", "unexplained"),
    ("recodes.csv", "yes_no,N,no,", "yes_no,Y,no,", "the same source value again", "line 8", ""),
    (
        "recodes.csv",
        "yes_no,N,no,",
        "yes_no, y ,no,",
        "source value ' y ', and 'Y' with another result",
        "by case or blanks",
        "",
    ),
    (
        "recodes.csv",
        "yes_no,N,no,",
        "yes_no,Y\u200b,no,",
        "and 'Y' with another result",
        "by invisible signs",
        "",
    ),
    ("recodes.csv", "yes_no,N,no,", "oui_non,N,no,", "recode 'oui_non' used nowhere", "a crosswalk line", ""),
    (
        "crosswalk.csv",
        "suivi,1,professionnels,",
        "suivi,1,contact,",
        "item 'contact', whose answers are discarded",
        "no line for a question under identifiers of suivi",
        "",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "found", "expected", "nearest"), TABLE_MISTAKES)
def test_a_mistake_in_a_table_is_reported_with_its_line(
    folder: Path, name: str, old: str, new: str, found: str, expected: str, nearest: str
):
    text = (folder / name).read_text().replace("\r\n", "\n")
    line = text[: text.rindex(old)].count("\n") + 1
    (folder / name).write_text(old.join(text.rsplit(old, 1)[:1]) + new + text.rsplit(old, 1)[1])
    mistakes = mistakes_of(folder)
    assert any(
        (m.file, m.line, m.nearest) == (name, line, nearest) and found in m.found and expected in m.expected
        for m in mistakes
    ), mistakes


def test_what_several_respondents_say_of_a_structure_needs_a_way_to_make_one_value(folder: Path):
    edit(folder, "programme.yaml", "identifiers: [contact]", "identifiers: [contact]\n    respondents: {several: true}")
    text = (folder / "codebook.csv").read_text()
    lines = text.splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith("companies,"))
    cells = lines[number].split(",")
    cells[lines[0].split(",").index("over_respondents")] = "mean"
    (folder / "codebook.csv").write_text(text.replace(lines[number], ",".join(cells)))
    mistakes = [(m.file, m.found, m.expected) for m in mistakes_of(folder)]
    expected = "sum or mean as its over_respondents in codebook.csv, or an instrument that one respondent answers"
    lacking = "indicator 'professionals' of a structure, from several respondents (on 3 lines: also 8, 15)"
    assert ("crosswalk.csv", lacking, expected) in mistakes
    of_choice = [
        expected
        for _, found, expected in mistakes
        if found.startswith("indicator 'adoption_status' of a structure, from several respondents")
    ]
    assert of_choice
    assert all(
        "share_of with a value of the recode in crosswalk.csv, which gives the share" in one for one in of_choice
    )
    assert not [found for _, found, _ in mistakes if "companies" in found]


@pytest.mark.parametrize("way", ["sum", "mean"])
def test_only_numbers_add_up_over_respondents(folder: Path, way: str):
    text = (folder / "codebook.csv").read_text()
    lines = text.splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith("will_continue,"))
    cells = lines[number].split(",")
    cells[lines[0].split(",").index("over_respondents")] = way
    (folder / "codebook.csv").write_text(text.replace(lines[number], ",".join(cells)))
    expected = "none, or an indicator whose values are numbers"
    assert Mistake("codebook.csv", number + 1, f"over_respondents {way} of a choice", expected) in mistakes_of(folder)


def test_a_recode_value_is_checked_against_each_indicator_that_uses_the_recode(folder: Path):
    edit(folder, "crosswalk.csv", "grille_vita,1,Grille!compair_used,compair_used,", "suivi,3,oui,will_continue,")
    edit(folder, "crosswalk.csv", "suivi,3,poursuite,will_continue,yes_no\n", "")
    assert any("value 'adopted' of will_continue" in m.found for m in mistakes_of(folder))


def break_at(folder: Path, line: str) -> int:
    """Declare a break in a line of the crosswalk, and return its number."""
    header, *lines = (folder / "crosswalk.csv").read_text(encoding="utf-8").splitlines()
    broken = [f"{one},{'asked otherwise' if one == line else ''}" for one in lines]
    text = "\n".join([f"{header},break_reason", *broken]) + "\n"
    (folder / "crosswalk.csv").write_text(text, encoding="utf-8")
    return lines.index(line) + 2


def test_a_break_in_a_series_is_declared_at_the_version_that_starts_another(folder: Path):
    break_at(folder, "tableau,2,Données!personnes,persons_concerned,")
    (broken,) = [line for line in read_programme(folder).crosswalk if line.break_reason is not None]
    assert (broken.instrument_code, broken.version, broken.break_reason) == ("tableau", 2, "asked otherwise")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "tableau,2,Données!retours,persons_returned_to_work,",
            "a break in persons_returned_to_work, which no line gives before version 2 of tableau",
        ),
        ("participants,1,Participants!emploi,in_work,said_yes_no", "a break in in_work, of a participant"),
    ],
)
def test_a_break_in_no_series_is_reported_with_its_line(folder: Path, line: str, found: str):
    number = break_at(folder, line)
    assert [(m.file, m.line, m.found) for m in mistakes_of(folder)] == [("crosswalk.csv", number, found)]


@pytest.mark.parametrize("name", TABLE_FILES)
def test_a_missing_file_is_a_mistake(folder: Path, name: str):
    (folder / name).unlink()
    assert Mistake(name, 0, "no such file", "this file in the programme folder") in mistakes_of(folder)


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_is_a_mistake(folder: Path, name: str):
    (folder / name).write_text("")
    assert name in [m.file for m in mistakes_of(folder)]


@pytest.mark.parametrize("name", FILES)
def test_a_folder_where_a_file_is_expected_is_reported(folder: Path, name: str):
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(UsageError, match=name):
        read_programme(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_utf8_is_a_mistake(folder: Path, name: str):
    text = (folder / name).read_text()
    (folder / name).write_bytes(text.encode("cp1252", errors="replace") + b"\xe9")
    assert any(
        m.file == name and "not UTF-8" in m.found and m.expected.startswith("text saved as UTF-8: in ")
        for m in mistakes_of(folder)
    )


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_is_no_mistake(folder: Path, name: str):
    (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert len(read_programme(folder).enrolments) == 85


def test_an_unknown_column_is_reported_with_the_nearest(folder: Path):
    edit(folder, "recodes.csv", "recode,source_value,value", "recode,source_valu,value")
    mistakes = [(m.file, m.line, m.found, m.nearest) for m in mistakes_of(folder)]
    assert mistakes == [("recodes.csv", 1, "column 'source_valu'", "source_value")]


def test_a_column_that_may_be_blank_may_be_left_out(folder: Path):
    lines = (folder / "structures.csv").read_text().splitlines()
    assert lines[0].endswith(",contact")
    (folder / "structures.csv").write_text("".join(line.rpartition(",")[0] + "\n" for line in lines))
    programme = read_programme(folder)
    assert len(programme.enrolments) == 85
    assert {enrolment.contact for enrolment in programme.enrolments} == {None}


def test_the_same_column_twice_is_a_mistake(folder: Path):
    edit(folder, "recodes.csv", "recode,source_value,value,", "recode,value,value,")
    assert "the same column twice" in [m.found for m in mistakes_of(folder)]


def test_a_quote_that_is_never_closed_is_a_mistake(folder: Path):
    with (folder / "recodes.csv").open("a") as file:
        file.write('yes_no,"Z,no,\n')
    assert any(m.file == "recodes.csv" and "opened and not closed" in m.found for m in mistakes_of(folder))


def test_all_mistakes_are_reported_at_once(folder: Path):
    edit(folder, "programme.yaml", "occasions: [M03, M12, M18]", "occasions: [M03, M12, M19]")
    edit(folder, "structures.csv", "ICARE,ICARE,VITA-2", "ICARE,ICARE,VITA-9")
    edit(folder, "structures.csv", "2017-09-30", "30/09/2017")
    edit(folder, "codebook.csv", "structure,number,out of 5,1,5", "structure,number,out of 5,6,5")
    edit(folder, "crosswalk.csv", "suivi,3,poursuite,will_continue,yes_no", "suivi,3,poursuite,will_continue,no_yes")
    edit(folder, "recodes.csv", "adoption_online,enc,in_progress", "adoption_online,enc,under_way")
    files = [m.file for m in mistakes_of(folder)]
    assert set(files) == set(FILES)
    assert files.count("structures.csv") == 2


def test_two_mistakes_in_the_settings_and_two_in_a_table_are_reported_at_once(folder: Path):
    edit(folder, "programme.yaml", "grace_days: 15", "grace_day: 15")
    edit(folder, "programme.yaml", "locale: fr", "locale: de")
    edit(folder, "structures.csv", "2017-09-30", "30/09/2017")
    edit(folder, "structures.csv", "BIC,BIC,GARDIEN-1,,,false", "BIC,BIC,GARDIEN-1,,,peut-être")
    assert [(m.file, m.line) for m in mistakes_of(folder)] == [
        ("programme.yaml", 6),
        ("programme.yaml", 10),
        ("structures.csv", 12),
        ("structures.csv", 16),
    ]


def test_the_error_says_how_many_mistakes_there_are_and_each_of_them(folder: Path):
    edit(folder, "programme.yaml", "grace_days: 15", "grace_day: 15")
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    assert str(error.value).splitlines() == [
        "The programme folder has 1 mistake:",
        "  programme.yaml:10: found the key 'grace_day'; expected one of opens_days_before, grace_days, expiry_days, "
        "reminder_days, reminder_repeat_days, escalate_after_days. Did you mean grace_days?",
    ]
    assert error.value.exit_code is Exit.USAGE


def test_a_folder_without_settings_is_not_a_programme_folder(tmp_path: Path):
    with pytest.raises(UsageError, match=r"is not a programme folder: it has no programme\.yaml"):
        read_programme(tmp_path)


def test_the_version_changes_with_the_content_of_any_file_and_with_nothing_else(folder: Path):
    version = read_programme(folder).version
    (folder / "notes.txt").write_text("not part of the programme")
    assert read_programme(folder).version == version
    for name in FILES:
        with (folder / name).open("a") as file:
            file.write("\n")
        assert read_programme(folder).version != version
        version = read_programme(folder).version


def test_addresses_of_evaluators_stay_in_the_folder_and_their_names_are_in_one_table():
    programme = read_programme(REFERENCE)
    tables = {table.name: repr([*map(dict, lines)]) for table, lines in programme_rows(programme).items()}
    rows = " ".join(tables.values())
    for evaluator in programme.settings.evaluators:
        assert evaluator.code in rows
        assert [name for name, lines in tables.items() if evaluator.name in lines] == ["programme_evaluators"]
        assert evaluator.email not in rows
    assert "@" not in rows


def test_the_rows_of_each_programme_table_have_its_columns_and_are_unique_by_its_key():
    programme = read_programme(REFERENCE)
    first, second, *others = programme.enrolments
    assert first.cohort_code == second.cohort_code
    merged = first.model_copy(update={"left_on": date(2018, 12, 1), "merged_into": second.structure_code})
    corrected = Correction("VITA-1/A/M06/suivi", "", "personnes", 1, "120", "12", "by telephone", "EVAL-A", 2)
    total = programme.indicator_by_code["companies"].model_copy(
        update={"indicator_code": "total", "formula": "companies + professionals"}
    )
    edited = {
        "enrolments": [merged, second, *others],
        "indicators": [*programme.indicators, total],
        "corrections": [corrected, replace(corrected, rank=2, line=3)],
        "targets": [
            Target(cohort_code=first.cohort_code, occasion_code=code, indicator_code="companies", target="12")
            for code in ("M06", "M12")
        ],
    }
    region = Attribute(code="region", values=["North"])
    instrument, *rest, of_people = programme.settings.instruments
    (version,) = of_people.versions
    conditions = [
        RowCondition(column="contrat", only_where={"emploi": ["oui"]}),
        RowCondition(column="formation", needed_where={"contrat": ["CDD"]}),
        RowCondition(column="formation", only_where={"emploi": ["non"]}),
    ]
    (sheet,) = (one.model_copy(update={"rules": conditions}) for one in version.sheets)
    assert sheet.conditions == {"contrat": ("emploi",), "formation": ("contrat", "emploi")}
    of_people = of_people.model_copy(update={"versions": [version.model_copy(update={"sheets": [sheet]})]})
    says_nothing = instrument.model_copy(update={"nothing_to_report": NothingToReport(item="rien", values=["Y", "N"])})
    attributes = [ParticipantAttribute(code=code, indicator="in_work") for code in ("works", "worked")]
    people = programme.settings.participants.model_copy(update={"attributes": attributes})
    settings = programme.settings.model_copy(
        update={"attributes": [region], "instruments": [says_nothing, *rest, of_people], "participants": people}
    )
    value = AttributeValue(first.structure_code, "region", "North", Period())
    edited |= {"settings": settings, "attribute_values": [value, replace(value, value="South")]}
    tables = programme_rows(programme.model_copy(update=edited))
    for table, rows in tables.items():
        given = {"programme_version", "run_id", "known_at", "loaded_at"}
        keys = [tuple(row[name] for name in table.key if name not in given) for row in rows]
        assert len(set(keys)) == len(keys) > 0
        assert {frozenset(row) for row in rows} == {frozenset(c.name for c in table.columns) - given}


def test_a_misspelling_in_the_settings_does_not_hide_what_the_files_say_of_each_other(folder: Path):
    edit(folder, "programme.yaml", "grace_days: 15", "grace_day: 15")
    edit(folder, "programme.yaml", "kind: limesurvey", "kind: limesurve")
    cohort = edit(
        folder, "programme.yaml", "{code: SOLENI-1, innovation: SOLENI,", "{code: SOLENI-1, innovation: SOLENY,"
    )
    item = edit(folder, "crosswalk.csv", "tableau,1,Données!personnes", "tableau,1,Données!personne")
    mistakes = {(mistake.file, mistake.line, mistake.nearest) for mistake in mistakes_of(folder)}
    assert {("programme.yaml", cohort, "SOLENI"), ("crosswalk.csv", item, "Données!personnes")} <= mistakes
    assert {nearest for _, _, nearest in mistakes} >= {"grace_days", "limesurvey"}
    assert len(mistakes) == 4


def test_what_is_declared_and_used_nowhere_is_reported_and_refused_nowhere(folder: Path):
    assert unused(read_programme(folder)) == []
    with (folder / "codebook.csv").open("a", encoding="utf-8") as codebook:
        codebook.write("nobody_asks,Personne,Nobody,structure,count,,,,,,,sum,,false,\n")
    last = "{code: resource_place_open, label: Lieu ressources ouvert}"
    edit(folder, "programme.yaml", last, f"{last}\n              - {{code: unread, label: Jamais lu}}")
    assert unused(read_programme(folder)) == [
        "codebook.csv: nobody_asks is unused: no line of crosswalk.csv gives it.",
        "programme.yaml: grille_lref version 1 has the item Grille!unread, which no line of crosswalk.csv maps. "
        "Its answers are kept, and give no indicator.",
    ]


def test_a_label_that_the_reports_lack_is_reported_with_what_they_show_instead(folder: Path):
    edit(folder, "codebook.csv", "persons_concerned,Personnes concernées,", "persons_concerned,,")
    edit(folder, "codebook.csv", "companies,Entreprises mobilisées,Companies involved,", "companies,,,")
    edit(folder, "codebook.csv", "professionals,Professionnels impliqués,Professionals involved", "professionals,Pros,")
    assert [told for told in doubtful_lines(read_programme(folder)) if "label" in told] == [
        "codebook.csv: check persons_concerned: its label_fr is blank. Reports and exports show its label_en, 'Persons "
        "concerned', instead.",
        "codebook.csv: check companies: its label_fr is blank. Reports and exports show its code instead.",
    ]


def test_codes_differ_by_more_than_capitals(folder: Path):
    with (folder / "structures.csv").open("a", encoding="utf-8") as structures:
        structures.write("isa,ISA Groupe,VITA-2,,,false,\n")
    cohort = "- {code: SOLENI-1, innovation: SOLENI,"
    edit(
        folder,
        "programme.yaml",
        cohort,
        f"- {{code: soleni-1, innovation: SOLENI, name: x, anchor_on: 2017-01-01}}\n  {cohort}",
    )
    found = {mistake.found for mistake in mistakes_of(folder) if mistake.expected == OTHER_THAN_BY_CAPITALS}
    assert found == {"structure 'isa' beside 'ISA'", "cohort 'SOLENI-1' beside 'soleni-1'"}


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("rank", "a column of consolidated_table"),
        ("Persons_Concerned", "another published indicator, persons_concerned,"),
    ],
)
def test_a_published_indicator_has_a_code_that_can_be_a_column(folder: Path, code: str, why: str):
    with (folder / "codebook.csv").open("a", encoding="utf-8") as codebook:
        codebook.write(f"{code},Un,One,structure,count,,,,,,,sum,,false,9\n")
    (mistake,) = mistakes_of(folder)
    assert mistake.found == f"indicator_code {code!r}"
    assert mistake.expected == f"another code for a published indicator: {why} has this name"


PUBLISHED_MISTAKES = [
    ("a,VITA,value,persons_concerned,douze,r,p,", "printed = 'douze'"),
    ('a,VITA,value,persons_concerned,"1,234",r,p,', "printed = '1,234'"),
    ("a,VITA,value,persons_concerned,1.234,r,p,", "printed = '1.234'"),
    ("a,VITA,value,persons_concerned,012,r,p,", "printed = '012'"),
    ("a,VITA,value,persons_concerned,45 %,r,p,", "printed = '45 %'"),
    ("a,VITA,left,,45 %,r,p,", "printed = '45 %'"),
    ("a,VITAA,value,persons_concerned,12,r,p,", "innovation 'VITAA'"),
    ("a,VITA,value,persons_concernd,12,r,p,", "indicator 'persons_concernd'"),
    ("a,VITA,value,adoption_status,12,r,p,", "published indicator 'adoption_status'"),
    ("a,VITA,values,persons_concerned,12,r,p,", "measure = 'values'"),
    ("a,VITA,left,persons_concerned,12,r,p,", "indicator_code persons_concerned for the measure left"),
    ("a,VITA,left,,12,r,p,\na,VITA,left,,13,r,q,", "the same published_code again"),
    ("a,VITA,left,,12,,p,", "source = ''"),
]


@pytest.mark.parametrize(("lines", "found"), PUBLISHED_MISTAKES)
def test_a_mistake_in_the_published_figures_is_reported_with_its_line(folder: Path, lines: str, found: str):
    heading = "published_code,innovation_code,measure,indicator_code,printed,source,place,note"
    (folder / "published.csv").write_text(f"{heading}\n{lines}\n", encoding="utf-8")
    (mistake,) = mistakes_of(folder)
    assert (mistake.file, mistake.line) == ("published.csv", len(lines.splitlines()) + 1)
    assert mistake.found.startswith(found)


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ("{indicator: persons_concernd, above: 0}", "indicator 'persons_concernd'"),
        ("{indicator: resource_place_open, above: 0}", "above: 0 of resource_place_open, a choice"),
        ("{indicator: resource_place_open, value: adoptd}", "value 'adoptd' of resource_place_open"),
        ("{indicator: persons_concerned, value: adopted}", "value: adopted of persons_concerned, a count"),
        ("{indicator: persons_concerned}", "neither above nor value (result of innovation LREF)"),
    ],
)
def test_a_result_that_cannot_be_computed_is_a_mistake(folder: Path, result: str, found: str):
    line = edit(folder, "programme.yaml", "{indicator: resource_place_open, value: adopted}", result)
    (mistake,) = mistakes_of(folder)
    assert (mistake.file, mistake.line) == ("programme.yaml", line)
    assert mistake.found.startswith(found)


def test_a_published_figure_is_read_as_it_was_printed(folder: Path):
    heading = "published_code,innovation_code,measure,indicator_code,printed,source,place,note"
    printed = ["1 082", "12,50", "nc", "1’234’567", "1\u2009082", "1.082,5", "N.C.", "non évalué", "N/A"]
    lines = [f'p{i},TOTAL,value,persons_concerned,"{text}",r,p,' for i, text in enumerate(printed)]
    (folder / "published.csv").write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    read = [(figure.value, figure.decimals, figure.missing_reason) for figure in read_programme(folder).published]
    assert read == [
        *((1082, 0, None), (12.5, 2, None), (None, 0, "not_communicated")),
        *((1234567, 0, None), (1082, 0, None), (1082.5, 1, None)),
        *((None, 0, "not_communicated"), (None, 0, "not_evaluated"), (None, 0, "not_evaluated")),
    ]


def test_limits_of_the_codebook_are_read_as_returns_are(folder: Path):
    edit(folder, "codebook.csv", "out of 5,1,5,,,", '%,"0,5","1 000,5",45 %,,')
    limited = [one for one in read_programme(folder).indicators if one.unit == "%"]
    assert [(one.minimum, one.maximum, one.ceiling) for one in limited] == [(0.5, 1000.5, 45)]


def test_a_published_percentage_is_of_an_indicator_in_percent(folder: Path):
    edit(folder, "codebook.csv", "Persons concerned,structure,count,persons", "Persons concerned,structure,count,%")
    heading = "published_code,innovation_code,measure,indicator_code,printed,source,place,note"
    line = "p,TOTAL,value,persons_concerned,45 %,r,p,"
    (folder / "published.csv").write_text(f"{heading}\n{line}\n", encoding="utf-8")
    (figure,) = read_programme(folder).published
    assert (figure.value, figure.decimals) == (45, 0)


@pytest.mark.parametrize(
    ("old", "new", "doubts"),
    [
        ("anchor_on: 2015-12-31", "anchor_on: 2015-12-31", []),
        (
            "anchor_on: 2018-06-30",
            "anchor_on: 2028-06-30",
            ["TAPAJ-3: it is more than 18 months from the nearest other anchor, 2018-07-31."],
        ),
        (
            "anchor_on: 2018-06-30",
            "anchor_on: 2017-10-31",
            ["TAPAJ-3: it is not after 2017-10-31, that of TAPAJ-2, which is listed before it for TAPAJ."],
        ),
    ],
)
def test_an_anchor_far_from_the_others_or_out_of_their_order_is_doubtful(
    folder: Path, old: str, new: str, doubts: list[str]
):
    edit(folder, "programme.yaml", old, new)
    found = doubtful_anchors(read_programme(folder))
    assert len(found) == len(doubts)
    assert all(doubt in sentence for doubt, sentence in zip(doubts, found, strict=True))


def test_check_prints_a_doubtful_anchor_and_does_not_fail(folder: Path, capsys: pytest.CaptureFixture[str]):
    edit(folder, "programme.yaml", "anchor_on: 2018-06-30", "anchor_on: 2017-10-31")
    shutil.copytree(REFERENCE / "questionnaires", folder / "questionnaires")
    ran = essaim(capsys, "check", "--programme", str(folder))
    assert ran.code == 0, ran.err
    assert "check anchor_on 2017-10-31 of TAPAJ-3" in ran.out


def test_a_line_of_the_crosswalk_for_several_versions_is_a_line_for_each(tmp_path: Path):
    folder = Path(shutil.copytree(COLD_STORES, tmp_path / "programme"))
    apart = read_programme(folder).crosswalk
    file = folder / "crosswalk.csv"
    text = file.read_text(encoding="utf-8").replace("survey,2,volunteers,volunteers,,\n", "")
    file.write_text(text.replace("survey,1,volunteers,", "survey,1 | 2,volunteers,"), encoding="utf-8")
    together = read_programme(folder).crosswalk
    assert sorted(together, key=repr) == sorted(apart, key=repr)
    assert [line.version for line in together if line.item == "volunteers"] == [1, 2]
