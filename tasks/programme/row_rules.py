"""Check the rules between the cells of a row: their columns exist, and are of kinds that can be compared."""

from collections.abc import Iterable, Iterator

from schemas.enums import IndicatorKind, Role
from schemas.errors import Mistake
from schemas.layouts import AskedField, Sheet
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Indicator, RecodeLine
from schemas.rules import RowCondition, RowOrder
from tasks.programme.declared import indicator_by_code
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table


def check_row_rules(
    settings: Settings,
    lines: Lines,
    indicators: Table[Indicator],
    crosswalk: Table[CrosswalkLine],
    recodes: Table[RecodeLine],
) -> Iterator[Mistake]:
    """Yield the mistakes in the rules between the cells of a row."""
    by_code = indicator_by_code(indicators)
    are_known = indicators.is_complete and crosswalk.is_complete and recodes.is_complete
    for i, instrument in enumerate(settings.instruments):
        for j, version in enumerate(instrument.versions):
            crossings = {
                line.value.item: line.value
                for line in crosswalk
                if (line.value.instrument_code, line.value.version) == (instrument.code, version.version)
            }
            for k, sheet in enumerate(version.sheets):
                columns = _Columns(sheet, crossings, by_code, [line.value for line in recodes])
                for number in range(len(sheet.rules)):
                    path: Path = ("instruments", i, "versions", j, "sheets", k, "rules", number)
                    for found, expected, near in columns.mistakes(number, are_known=are_known):
                        yield Mistake(lines.file, lines.of(path), found, expected, near)


class _Columns:
    def __init__(
        self,
        sheet: Sheet,
        crossings: dict[str, CrosswalkLine],
        indicators: dict[str, Indicator],
        recodes: Iterable[RecodeLine],
    ) -> None:
        self._sheet = sheet
        self._crossings = crossings
        self._indicators = indicators
        self._recodes = recodes
        self._by_code: dict[str, AskedField] = {column.code: column for column in sheet.columns}

    def mistakes(self, number: int, *, are_known: bool) -> Iterator[tuple[str, str, str]]:
        """Yield the mistakes of a rule: what was found, what was expected, and the nearest valid name or value.

        Args:
            number: Index of the rule in the sheet.
            are_known: Whether the kinds and values of the columns are known: each line that declares them is valid.
        """
        rule = self._sheet.rules[number]
        unknown = [code for code in (rule.column, rule.other) if code not in self._by_code]
        for code in unknown:
            yield f"column {shown(code)}", f"one of {', '.join(self._by_code)}", nearest(code, list(self._by_code))
        if unknown or not are_known:
            return
        column, other = self._by_code[rule.column], self._by_code[rule.other]
        for field in (column, other):
            if field.role is Role.FREE_TEXT:
                yield f"a rule of the {field.role} {field.code}", "a column that is read", ""
        match rule:
            case RowOrder():
                kinds = (self._kind(column), self._kind(other))
                both_days = kinds == (IndicatorKind.DATE, IndicatorKind.DATE)
                if not both_days and not all(kind.is_numeric for kind in kinds):
                    found = f"{column.code}, a {kinds[0]}, compared with {other.code}, a {kinds[1]}"
                    yield found, "two dates, or two numbers (kind: date, count or number)", ""
            case RowCondition():
                choices = self._choices(other)
                if not choices:
                    found = f"a condition on {other.code}, a {self._kind(other)}"
                    yield found, "a column with a list of values (allowed_values, or a recode)", ""
                    return
                for value in rule.values:
                    if value not in choices:
                        known = f"one of {', '.join(choices)}"
                        yield f"value {shown(value)} of {other.code}", known, nearest(value, choices)

    def _crossing(self, field: AskedField) -> CrosswalkLine | None:
        return self._crossings.get(self._sheet.item_of(field))

    def _indicator(self, field: AskedField) -> Indicator | None:
        crossing = self._crossing(field)
        return self._indicators.get(crossing.indicator_code) if crossing else None

    def _kind(self, field: AskedField) -> IndicatorKind:
        if self._choices(field):
            return IndicatorKind.CHOICE
        indicator = self._indicator(field)
        return field.kind or (indicator.kind if indicator else IndicatorKind.TEXT)

    def _choices(self, field: AskedField) -> list[str]:
        """Return the values allowed in a column, by the same rules as `tasks/workbooks/sheet_fields.py`."""
        crossing, indicator = self._crossing(field), self._indicator(field)
        if field.allowed_values:
            return field.allowed_values
        if crossing and crossing.recode is not None:
            return [line.source_value for line in self._recodes if line.recode == crossing.recode and line.source_value]
        return list(indicator.choices) if indicator else []
