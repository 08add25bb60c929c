"""The pages of docs/dictionary: `python -m tasks.dictionary.pages` writes them; a test tells when they are behind."""

from collections.abc import Iterator

from schemas.package_data import project_path
from tasks.dictionary.views import View, views

DICTIONARY = project_path("docs", "dictionary")
_WORDS = {
    "en": {
        "made": "Made from the dbt project: change it there, then run python -m tasks.dictionary.pages.",
        "title": "Dictionary",
        "grain": "A row is told by",
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
        "made": "Page produite depuis le projet dbt : la corriger là, puis lancer python -m tasks.dictionary.pages.",
        "title": "Dictionnaire",
        "grain": "Une ligne est désignée par",
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
    """Every page by its path below docs/dictionary: one for each view and language, and an index for each language."""
    written: dict[str, str] = {}
    for locale in _WORDS:
        written[f"{locale}/README.md"] = "\n".join(_index(locale)) + "\n"
        for view in views().values():
            written[f"{locale}/{view.name}.md"] = "\n".join(_page(view, locale)) + "\n"
    return written


def _index(locale: str) -> Iterator[str]:
    words = _WORDS[locale]
    yield f"<!-- {words['made']} -->"
    yield f"# {words['title']}"
    yield ""
    yield words["other"].format(page="README.md")
    schema = ""
    for view in views().values():
        if view.schema != schema:
            schema = view.schema
            yield f"\n## {schema}\n"
        yield f"- [{view.name}]({view.name}.md){words['colon']} {view.meaning.said(locale)}"


def _page(view: View, locale: str) -> Iterator[str]:
    words = _WORDS[locale]
    yield f"<!-- {words['made']} -->"
    yield f"# {view.schema}.{view.name}"
    yield ""
    yield view.meaning.said(locale)
    yield ""
    grain = ", ".join(f"`{column}`" for column in view.grain)
    yield f"{words['grain']} {grain}. {words['other'].format(page=f'{view.name}.md')}"
    yield ""
    yield f"| {words['column']} | {words['type']} | {words['null']} | {words['meaning']} |"
    yield "|---|---|---|---|"
    for column in view.columns:
        meaning = column.meaning.said(locale)
        if column.values:
            meaning += f" {words['values']} {', '.join(f'`{value}`' for value in column.values)}."
        null = "" if column.is_never_null else words["yes"]
        yield f"| `{column.name}` | {column.data_type} | {null} | {_cell(meaning)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def write_pages() -> None:
    """Write every page, and take away those of views that are gone."""
    wanted = pages()
    for path in DICTIONARY.rglob("*.md"):
        if str(path.relative_to(DICTIONARY)) not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = DICTIONARY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
