"""Find unused declarations: indicators without a crosswalk line, and workbook items that give no indicator."""

from collections.abc import Iterator

from schemas.programme import Programme


def unused(programme: Programme) -> list[str]:
    """Return a sentence for each indicator and workbook item that the crosswalk leaves out.

    They are not mistakes: several programmes may share a codebook, and workbooks may hold items that give no
    indicator, as surveys always do.
    """
    return [*_never_asked(programme), *_mapped_to_nothing(programme)]


def _never_asked(programme: Programme) -> Iterator[str]:
    given = {line.indicator_code for line in programme.crosswalk} | programme.parts_by_indicator.keys()
    for indicator in programme.indicators:
        if indicator.indicator_code not in given:
            yield f"codebook.csv: {indicator.indicator_code} is unused: no line of crosswalk.csv gives it."


def _mapped_to_nothing(programme: Programme) -> Iterator[str]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            mapped = {line.item for line in programme.crosswalk_of(instrument.code, version.version)}
            mapped |= instrument.nothing_to_report.answers.keys() if instrument.nothing_to_report is not None else set()
            items = [f"{sheet.name}!{item.code}" for sheet in version.sheets for item in sheet.items]
            for item in (item for item in items if item not in mapped):
                yield (
                    f"programme.yaml: {instrument.code} version {version.version} has the item {item}, which no line "
                    "of crosswalk.csv maps. Its answers are kept, and give no indicator."
                )
