"""Test the questionnaires in a programme folder, and the crosswalk against them."""

import shutil
from pathlib import Path

import pytest
from programme_folders import mistakes_of
from running import EXAMPLE

from schemas.enums import ElementKind
from schemas.errors import Mistake
from tasks.programme import read_programme
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED

FIRST = "questionnaires/suivi-1.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "programme")


def edit(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence of a text in a file, and return the line on which it starts."""
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8", newline="")
    return text[: text.index(old)].count("\n") + 1


def test_the_reference_programme_has_the_questionnaires_of_its_three_surveys():
    programme = read_programme(EXAMPLE)
    assert list(programme.questionnaires) == [("suivi", 1), ("suivi", 2), ("suivi", 3)]
    first = programme.questionnaires["suivi", 1][0]
    assert (first.element, first.question_code, first.language) == (ElementKind.QUESTION, "professionnels", "fr")


def test_a_programme_without_questionnaires_has_no_mistake(folder: Path):
    shutil.rmtree(folder / "questionnaires")
    assert read_programme(folder).questionnaires == {}


def test_a_questionnaire_of_one_version_alone_is_no_mistake(folder: Path):
    (folder / FIRST).unlink()
    assert list(read_programme(folder).questionnaires) == [("suivi", 2), ("suivi", 3)]


def test_the_questionnaires_belong_to_the_programmes_version(folder: Path):
    before = read_programme(folder).version
    edit(folder, FIRST, "Combien de professionnels", "Combien de personnes")
    after = read_programme(folder).version
    (folder / FIRST).unlink()
    assert len({before, after, read_programme(folder).version}) == 3


@pytest.mark.parametrize("code", ["id", "seed", "token", "submitdate"])
def test_a_question_with_the_code_of_a_column_of_the_export_is_a_mistake(folder: Path, code: str):
    text = (folder / FIRST).read_text(encoding="utf-8")
    (folder / FIRST).write_text(text.replace(",professionnels,", f",{code},"), encoding="utf-8", newline="")
    crossing = edit(folder, "crosswalk.csv", "suivi,1,professionnels,", f"suivi,1,{code},")
    reserved = [mistake for mistake in mistakes_of(folder) if mistake.expected == ANOTHER_CODE]
    assert {(mistake.file, mistake.line, mistake.found) for mistake in reserved} == {
        (
            FIRST,
            text[: text.index(",professionnels,")].count("\n") + 1,
            f"a question with the code {code!r}, {RESERVED}",
        ),
        ("crosswalk.csv", crossing, f"item {code!r}, {RESERVED}"),
    }


def test_what_is_no_questionnaire_in_the_folder_is_left_alone(folder: Path):
    (folder / "questionnaires" / "README.md").write_text("What the surveys ask.")
    (folder / "questionnaires" / ".suivi-1.csv.123").write_text("half a line")
    (folder / "questionnaires" / ".~lock.suivi-1.csv").write_text("somebody")
    assert len(read_programme(folder).questionnaires) == 3


@pytest.mark.parametrize("name", ["suivi-4.csv", "suivy-1.csv", "suivi_1.csv", "suivi-1.CSV", "suivi-01.csv"])
def test_a_file_of_no_instrument_version_is_reported_with_the_nearest(folder: Path, name: str):
    shutil.move(folder / FIRST, folder / "questionnaires" / name)
    mistakes = [m for m in mistakes_of(folder) if m.file == f"questionnaires/{name}"]
    assert [(m.line, m.found) for m in mistakes] == [(0, "a questionnaire of no instrument version")]
    assert FIRST in mistakes[0].expected
    assert mistakes[0].nearest.startswith("questionnaires/suivi-")


def test_a_questionnaire_of_a_workbook_is_reported(folder: Path):
    shutil.copy(folder / FIRST, folder / "questionnaires" / "tableau-1.csv")
    assert [m.found for m in mistakes_of(folder)] == ["a questionnaire of no instrument version"]


HEADER = "element,question_code,code,scale,position,letter,has_other,language,text"
ENTREPRISES = "question,entreprises,,0,2,N,false,fr,"
OPTION = "option,adoption,enc,0,2,L,false,fr,"
FILE_MISTAKES = [
    (
        ENTREPRISES,
        "qestion,entreprises,,0,2,N,false,fr,",
        "element = 'qestion'",
        "question, subquestion or option",
        "question",
    ),
    (ENTREPRISES, "question,entreprises,,zero,2,N,false,fr,", "scale = 'zero'", "a whole number", ""),
    (ENTREPRISES, "question,entreprises,,2,2,N,false,fr,", "scale 2", "0 or 1", ""),
    (ENTREPRISES, "question,entreprises,,0,0,N,false,fr,", "position = '0'", "at least 1", ""),
    (ENTREPRISES, "question,entreprises,,0,2,N,perhaps,fr,", "has_other = 'perhaps'", "true or false", ""),
    (ENTREPRISES, "question,entreprises,x,0,2,N,false,fr,", "code 'x'", "none for a question", ""),
    (ENTREPRISES, "question,entreprises,,0,2,,false,fr,", "without question_code, letter or language", "all", ""),
    (ENTREPRISES, "question,,,0,2,N,false,fr,", "without question_code, letter or language", "all", ""),
    (ENTREPRISES, "question,entreprises,,0,2,N,false,,", "without question_code, letter or language", "all", ""),
    (OPTION, "option,adoption,,0,2,L,false,fr,", "code ''", "the code of the option", ""),
    (OPTION, "option,adoptoin,enc,0,2,L,false,fr,", "the option of 'adoptoin'", "a line of its own", "adoption"),
    (OPTION, "option,adoption,enc,0,2,M,false,fr,", "letter M", "letter L and has_other false", ""),
    (OPTION, "option,adoption,enc,0,2,L,true,fr,", "has_other true", "as its question has", ""),
    (OPTION, "option,adoption,oui,0,2,L,false,fr,", "the same option in the same language again", "line 8", ""),
    (OPTION, "option,adoption,enc,0,2,L,false,de,", "no line for it in", "each language of the file", ""),
    (OPTION, "option,adoption,enc,0,2,L,false,fr", "another number of cells", "9 cells", ""),
    (OPTION, 'option,adoption,"enc,0,2,L,false,fr,', 'a quote (") that is opened and not closed', "a second quote", ""),
    (HEADER, HEADER.replace("letter", "leter"), "column 'leter'", "letter", "letter"),
    (HEADER, HEADER.replace(",", ";"), "semicolons between the columns", "commas", ""),
]


@pytest.mark.parametrize(("old", "new", "found", "expected", "nearest"), FILE_MISTAKES)
def test_a_mistake_in_a_questionnaire_is_reported_with_its_line(
    folder: Path, old: str, new: str, found: str, expected: str, nearest: str
):
    line = edit(folder, FIRST, f"{old}", f"{new}")
    if "another number" in found:
        edit(folder, FIRST, new, f"{new},,")
    mistakes = mistakes_of(folder)
    assert any(
        m.file == FIRST and found in m.found and expected in m.expected and m.nearest == nearest for m in mistakes
    ), mistakes
    if "again" not in found and "no line" not in found:
        assert line in [m.line for m in mistakes]
    assert {m.file for m in mistakes} == {FIRST}


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "an empty file"), (HEADER.encode() + b"\n", "no question"), ("é".encode("cp1252"), "not UTF-8")],
)
def test_a_file_that_holds_no_questionnaire_is_reported(folder: Path, content: bytes, found: str):
    (folder / FIRST).write_bytes(content)
    assert any(m.file == FIRST and found in m.found for m in mistakes_of(folder))


def test_a_folder_in_the_place_of_a_file_and_a_file_in_the_place_of_the_folder_are_reported(folder: Path):
    (folder / FIRST).unlink()
    (folder / FIRST).mkdir()
    assert [m.file for m in mistakes_of(folder)] == [FIRST]
    shutil.rmtree(folder / "questionnaires")
    (folder / "questionnaires").write_text("")
    assert mistakes_of(folder) == [
        Mistake("questionnaires", 0, "a file", "a folder with a file for each version of a survey")
    ]


def test_as_excel_saves_it_is_no_mistake(folder: Path):
    text = (folder / FIRST).read_text(encoding="utf-8")
    (folder / FIRST).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").replace("false", "FALSE").encode())
    assert read_programme(folder).questionnaires == read_programme(EXAMPLE).questionnaires


@pytest.mark.parametrize(
    ("old", "new", "found", "nearest"),
    [
        ("suivi,1,freins[temps]", "suivi,1,freins[temp]", "item 'freins[temp]'", "freins[temps]"),
        ("suivi,1,entreprises", "suivi,1,entreprise", "item 'entreprise'", "entreprises"),
        ("suivi,2,accompagnement", "suivi,2,acompagnement", "item 'acompagnement'", "accompagnement"),
    ],
)
def test_a_crosswalk_item_that_nobody_asks_is_reported_with_the_nearest(
    folder: Path, old: str, new: str, found: str, nearest: str
):
    line = edit(folder, "crosswalk.csv", old, new)
    mistakes = mistakes_of(folder)
    assert [(m.file, m.line, m.found, m.nearest) for m in mistakes] == [("crosswalk.csv", line, found, nearest)]
    assert f"questionnaires/suivi-{new[6]}.csv" in mistakes[0].expected


def test_an_item_of_a_version_without_a_questionnaire_is_not_checked(folder: Path):
    edit(folder, "crosswalk.csv", "suivi,1,freins[temps]", "suivi,1,freins[temp]")
    (folder / FIRST).unlink()
    read_programme(folder)


def test_a_recode_that_lacks_an_answer_says_exactly_which(folder: Path):
    edit(folder, "recodes.csv", "adoption_online,enc,in_progress,\n", "")
    edit(folder, "recodes.csv", "adoption_online,part,partial,\n", "")
    mistakes = mistakes_of(folder)
    assert [(m.line, m.found) for m in mistakes] == [
        (
            4,
            "recode 'adoption_online' incomplete: it lacks enc (En cours), part (Partielle) (on 3 lines: also 10, 17)",
        )
    ]


def test_another_answer_that_is_offered_must_be_recoded_too(folder: Path):
    text = (folder / FIRST).read_text(encoding="utf-8")
    (folder / FIRST).write_text(text.replace(",L,false,", ",L,true,"), encoding="utf-8")
    assert [m.found for m in mistakes_of(folder)] == [
        "recode 'adoption_online' incomplete: it lacks -oth- (another answer)"
    ]


@pytest.mark.parametrize(
    ("line", "lacks", "lines"),
    [
        (
            "ticked,,no,\n",
            "'ticked' incomplete: it lacks a blank (not ticked)",
            "5 (on 9 lines: also 6, 7, 11, 12, 13, …)",
        ),
        ("yes_no,N,no,\n", "'yes_no' incomplete: it lacks N (no)", "22"),
    ],
)
def test_a_recode_that_lacks_what_the_server_itself_offers_is_reported(folder: Path, line: str, lacks: str, lines: str):
    text = (folder / "recodes.csv").read_text(encoding="utf-8")
    assert text.count(f"\n{line}") == 1
    (folder / "recodes.csv").write_text(text.replace(f"\n{line}", "\n"), encoding="utf-8")
    (mistake,) = mistakes_of(folder)
    first, _, others = lines.partition(" ")
    assert (mistake.line, mistake.found) == (int(first), f"recode {lacks} {others}".rstrip())


def test_answers_without_a_recode_must_be_values_of_their_indicator(folder: Path):
    line = edit(
        folder, "crosswalk.csv", "suivi,1,adoption,adoption_status,adoption_online", "suivi,1,adoption,adoption_status,"
    )
    (mistake,) = mistakes_of(folder)
    assert (mistake.file, mistake.line) == ("crosswalk.csv", line)
    assert mistake.found.startswith(
        "no recode, and answers to adoption that are no value of adoption_status: oui (Adoptée), enc (En cours), "
    )
    assert mistake.expected == "a recode that makes each of them one of adopted, in_progress, partial, no"


def test_a_recode_of_a_number_gives_numbers(folder: Path):
    edit(folder, "crosswalk.csv", "suivi,1,adoption,adoption_status,", "suivi,1,adoption,support_rating,")
    mistakes = mistakes_of(folder)
    assert {m.file for m in mistakes} == {"recodes.csv"}
    assert mistakes[0].found == "value 'adopted' of support_rating"


def test_a_reason_that_is_offered_as_an_answer_needs_no_recode(folder: Path):
    edit(folder, FIRST, "option,adoption,enc,0,2,L,false,fr,En cours\n", "")
    edit(folder, FIRST, "option,adoption,enc,0,2,L,false,en,", "option,adoption,nc,0,2,L,false,en,")
    edit(folder, FIRST, "option,adoption,nc,", "option,adoption,nc,0,2,L,false,fr,Non communiqué\noption,adoption,nc,")
    read_programme(folder)


def test_an_identifier_that_is_no_question_is_reported_where_every_questionnaire_is_known(folder: Path):
    line = edit(folder, "programme.yaml", "identifiers: [contact]", "identifiers: [contacts]")
    mistakes = mistakes_of(folder)
    assert [(m.file, m.line, m.found, m.nearest) for m in mistakes] == [
        ("programme.yaml", line, "the identifier 'contacts'", "contact")
    ]
    (folder / FIRST).unlink()
    read_programme(folder)


def test_mistakes_of_questionnaires_are_reported_with_all_others(folder: Path):
    edit(folder, FIRST, OPTION, "option,adoptoin,enc,0,2,L,false,fr,")
    edit(folder, "crosswalk.csv", "suivi,2,entreprises", "suivi,2,entreprise")
    edit(folder, "programme.yaml", "grace_days", "grace_day")
    assert {m.file for m in mistakes_of(folder)} == {FIRST, "crosswalk.csv", "programme.yaml"}
