"""What a programme folder declares and never uses: an indicator that nobody asks, a workbook item that gives none."""

from collections.abc import Iterator

from schemas.programme import Programme


def unused(programme: Programme) -> list[str]:
    """Every indicator and workbook item that the crosswalk leaves out, as sentences.

    These are no mistakes: a codebook may be shared by several programmes, a workbook may ask what is no indicator, and
    a survey always does.
    """
    return [*_never_asked(programme), *_mapped_to_nothing(programme)]


def _never_asked(programme: Programme) -> Iterator[str]:
    asked = {line.indicator_code for line in programme.crosswalk}
    for indicator in programme.indicators:
        if indicator.indicator_code not in asked:
            yield f"codebook.csv: nothing asks {indicator.indicator_code}: no line of crosswalk.csv gives it."


def _mapped_to_nothing(programme: Programme) -> Iterator[str]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            mapped = {line.item for line in programme.crosswalk_of(instrument.code, version.version)}
            items = [f"{sheet.name}!{item.code}" for sheet in version.sheets for item in sheet.items]
            for item in (item for item in items if item not in mapped):
                yield (
                    f"programme.yaml: {instrument.code} version {version.version} asks {item}, and no line of "
                    "crosswalk.csv maps it: what is answered there is kept, and gives no indicator."
                )
