"""Test that each mistake in a programme folder is reported once, in the words of a data manager, with its remedy."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from folder_mistakes import COLD_STORES, FolderMistake, answer_about, copied, folder_mistakes
from running import essaim

from schemas.programme import Settings
from tasks.programme import read_programme

MISTAKES = folder_mistakes()
MACHINE_WORDS = re.compile(
    r"\b(string|integer|pattern|regex|boolean|None|null|True|False|list_type|ValidationError|dict|tuple|scalar|mapping|"
    r"parse|input|finite|datetime|YAML)\b|[a-z]\.\d+\."
)
NUMBERS = {
    ("en", "1,234"): 1234, ("en", "1.5"): 1.5, ("en", "1,234.5"): 1234.5, ("en", "1234"): 1234,
    ("fr", "1 234"): 1234, ("fr", "1,5"): 1.5, ("fr", "1 234,5"): 1234.5, ("fr", "1\u202f234"): 1234,
}  # fmt: skip


def in_machine_words(answer: list[str]) -> list[str]:
    """Return the sentences with words of programmers, apart from what was typed."""
    typed = re.compile(r"'[^']*'|cohort: null|https?://\S+")
    return [sentence for sentence in answer if MACHINE_WORDS.search(typed.sub("", sentence))]


def test_the_folder_in_which_mistakes_are_made_has_none():
    assert answer_about(COLD_STORES) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.what for mistake in MISTAKES])
def test_a_mistake_is_reported_in_words_with_its_remedy_and_without_its_consequences(
    mistake: FolderMistake, tmp_path: Path
):
    mistake.make_in(copied(tmp_path))
    answer = answer_about(tmp_path)
    assert answer[: len(mistake.says)] == mistake.says
    assert len(answer) == len(mistake.says) + mistake.more
    assert not in_machine_words(answer)


def places(node: yaml.Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int, int]]:
    """Yield the path of each value of a file, with the positions of its beginning and its end."""
    if path:
        yield path, node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from places(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from places(value, (*path, index))


SETTINGS = (COLD_STORES / "programme.yaml").read_text(encoding="utf-8")
PLACES = {
    ".".join(str(part) for part in (path[0], *path[1:][-2:]) if isinstance(part, str)): (start, end)
    for path, start, end in places(yaml.compose(SETTINGS, Loader=yaml.SafeLoader))
}


@pytest.mark.slow
@pytest.mark.parametrize("value", ["", "yes", "2.5", "2025-02-30", "{a: 1}", "[a b]", '"x y"'])
def test_no_value_of_a_wrong_type_is_answered_in_the_words_of_a_validator(value: str, tmp_path: Path):
    copied(tmp_path)
    for place, (start, end) in PLACES.items():
        ending = "\n" if "\n" in SETTINGS[start:end] else ""
        (tmp_path / "programme.yaml").write_text(SETTINGS[:start] + value + ending + SETTINGS[end:], encoding="utf-8")
        assert not in_machine_words(answer_about(tmp_path)), place


def published(folder: Path, locale: str, printed: str) -> Path:
    """Write a folder of a locale that publishes a printed number of an indicator that need not be whole."""
    copied(folder)
    # Its target of 1,000 volunteers is written in English.
    (folder / "targets.csv").unlink()
    text = SETTINGS.replace("locale: en", f"locale: {locale}")
    (folder / "programme.yaml").write_text(text, encoding="utf-8")
    figures = (folder / "published.csv").read_text(encoding="utf-8")
    line = f'value,kg_shared,"{printed}"'
    (folder / "published.csv").write_text(figures.replace('value,households,"1,234"', line), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("locale", "printed"), NUMBERS, ids=[" ".join(key) for key in NUMBERS])
def test_a_published_number_is_read_by_the_locale_of_the_programme(locale: str, printed: str, tmp_path: Path):
    figure = read_programme(published(tmp_path, locale, printed)).published[1]
    assert figure.value == NUMBERS[locale, printed]


def test_a_published_number_that_is_ambiguous_in_its_locale_is_refused(tmp_path: Path):
    (answer,) = answer_about(published(tmp_path, "fr", "1.234"))
    assert answer == (
        "published.csv:3: found printed = '1.234'; expected a number with one reading: write 1234 or 1,2340."
    )


def test_decimals_of_a_published_number_are_those_of_its_locale(tmp_path: Path):
    read = [read_programme(published(tmp_path, locale, "1,234")).published[1] for locale in ("en", "fr")]
    assert [(figure.value, figure.decimals) for figure in read] == [(1234, 0), (1.234, 3)]


def test_what_is_doubtful_is_printed_and_refused_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    mistake = next(mistake for mistake in MISTAKES if mistake.what == "evaluator twice same email")
    mistake.make_in(copied(tmp_path))
    ran = essaim(capsys, "check", "--programme", str(tmp_path))
    assert (ran.code, ran.out.splitlines()[1:]) == (0, mistake.says)


def test_a_mistake_on_many_lines_is_reported_once_with_the_lines(tmp_path: Path):
    copied(tmp_path)
    path = tmp_path / "structures.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",true,", ",wahr,"), encoding="utf-8")
    assert answer_about(tmp_path) == [
        "structures.csv:2: found is_invented = 'wahr' (on 24 lines: also 3, 4, 5, 6, 7, …); expected true or false."
    ]


def test_the_causes_are_in_the_order_in_which_the_files_depend_on_each_other(tmp_path: Path):
    for what in ("crosswalk unknown indicator", "locale en_GB", "left_on 31/12/2025", "codebook kind integer"):
        next(mistake for mistake in MISTAKES if mistake.what == what).make_in(
            copied(tmp_path) if what.startswith("crosswalk") else tmp_path
        )
    files = [sentence.partition(":")[0] for sentence in answer_about(tmp_path)]
    assert files == ["programme.yaml", "structures.csv", "codebook.csv", "crosswalk.csv"]


def test_every_list_of_the_settings_is_tried_with_wrong_values():
    sections = {place.partition(".")[0] for place in PLACES}
    assert sections >= {name for name, field in Settings.model_fields.items() if field.is_required()}
