"""Generate docs/dictionary from the dbt project: `python -m tasks.dictionary.pages`. A test fails on stale pages."""

from collections.abc import Iterator

from schemas.package_data import project_path
from tasks.dictionary.views import View, views

DICTIONARY = project_path("docs", "dictionary")
_WORDS = {
    "en": {
        "generated": "Generated from the dbt project: edit it there, then run python -m tasks.dictionary.pages.",
        "title": "Dictionary",
        "grain": "Each row is identified by",
        "column": "column",
        "type": "type",
        "null": "null",
        "meaning": "meaning",
        "values": "Values:",
        "yes": "yes",
        "colon": ":",
        "other": "[Français](../fr/{page})",
    },
    "fr": {
        "generated": "Page produite depuis le projet dbt : la corriger puis exécuter python -m tasks.dictionary.pages.",
        "title": "Dictionnaire",
        "grain": "Chaque ligne est identifiée par",
        "column": "colonne",
        "type": "type",
        "null": "vide",
        "meaning": "signification",
        "values": "Valeurs :",
        "yes": "oui",
        "colon": " :",
        "other": "[English](../en/{page})",
    },
}


def pages() -> dict[str, str]:
    """Return every page by its path below docs/dictionary: in each language, one page per view and an index."""
    texts: dict[str, str] = {}
    for locale in _WORDS:
        texts[f"{locale}/README.md"] = "\n".join(_index(locale)) + "\n"
        for view in views().values():
            texts[f"{locale}/{view.name}.md"] = "\n".join(_page(view, locale)) + "\n"
    return texts


def _index(locale: str) -> Iterator[str]:
    words = _WORDS[locale]
    yield f"<!-- {words['generated']} -->"
    yield f"# {words['title']}"
    yield ""
    yield words["other"].format(page="README.md")
    schema = ""
    for view in views().values():
        if view.schema != schema:
            schema = view.schema
            yield f"\n## {schema}\n"
        yield f"- [{view.name}]({view.name}.md){words['colon']} {view.meaning.text(locale)}"


def _page(view: View, locale: str) -> Iterator[str]:
    words = _WORDS[locale]
    yield f"<!-- {words['generated']} -->"
    yield f"# {view.schema}.{view.name}"
    yield ""
    yield view.meaning.text(locale)
    yield ""
    grain = ", ".join(f"`{column}`" for column in view.grain)
    yield f"{words['grain']} {grain}. {words['other'].format(page=f'{view.name}.md')}"
    yield ""
    yield f"| {words['column']} | {words['type']} | {words['null']} | {words['meaning']} |"
    yield "|---|---|---|---|"
    for column in view.columns:
        meaning = column.meaning.text(locale)
        if column.values:
            meaning += f" {words['values']} {', '.join(f'`{value}`' for value in column.values)}."
        null = "" if column.is_never_null else words["yes"]
        yield f"| `{column.name}` | {column.data_type} | {null} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def write_pages() -> None:
    """Write every page, and delete the pages of views that no longer exist."""
    current = pages()
    for path in DICTIONARY.rglob("*.md"):
        if str(path.relative_to(DICTIONARY)) not in current:
            path.unlink()
    for name, text in current.items():
        path = DICTIONARY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
