"""Change invented answers so that they follow the rules between items, and between the cells of a row."""

from collections.abc import Callable, Collection, Mapping, Sequence

from schemas.enums import IndicatorKind
from schemas.formats import DAY, NUMBER
from schemas.rules import AtMost, ChangesWithin, CountsWith, RowCondition, RowOrder, RowRule, Rule
from tasks.demonstration.accepted import Accepted

_ROUNDS = 10
"""The most often that rules are gone through: a change for one of them may break another."""

Answers = dict[str, str | None]


def steady_items(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the items whose numbers stay the same at every occasion, because a rule limits how much they change."""
    return frozenset(rule.item for rule in rules if isinstance(rule, ChangesWithin))


def following_rules(
    rules: Sequence[Rule],
    accepted: Mapping[str, Accepted],
    answers: Mapping[str, str | None],
    share: Callable[[str], float],
) -> Answers:
    """Return the answers to an instrument, changed where they break a rule between two items.

    An answer that cannot be made to fit is left blank.

    Args:
        rules: The rules of the instrument version.
        accepted: What its items accept.
        answers: The answers, by item.
        share: Return the share, from 0 to 1, that an item is of the item that it may not exceed, if it did.
    """
    changed = dict(answers)
    for _ in range(_ROUNDS):
        before = dict(changed)
        for rule in rules:
            match rule:
                case AtMost(item=item, at_most=other):
                    _order(changed, accepted, item, other, share(item))
                case CountsWith(item=item, counts_with=others):
                    for other, minimum in others.items():
                        _counts(changed, accepted, item, other, minimum)
                case ChangesWithin():
                    pass
        if changed == before:
            break
    return changed


def _order(changed: Answers, accepted: Mapping[str, Accepted], item: str, other: str, share: float) -> None:
    number, limit = _number(changed.get(item)), _number(changed.get(other))
    if number is None or limit is None or number <= limit:
        return
    lower = _at_most(accepted.get(item), limit * share if limit > 0 else limit)
    if lower is None:
        lower = _at_most(accepted.get(item), limit)
    if lower is not None:
        changed[item] = lower
    elif (higher := _at_least(accepted.get(other), number)) is not None:
        changed[other] = higher
    else:
        changed[item] = None


def _counts(changed: Answers, accepted: Mapping[str, Accepted], item: str, other: str, minimum: float) -> None:
    counted, number = _number(changed.get(item)), _number(changed.get(other))
    if counted is None or number is None or counted <= 0 or number >= minimum:
        return
    if (higher := _at_least(accepted.get(other), minimum)) is not None:
        changed[other] = higher
    else:
        changed[item] = _at_most(accepted.get(item), 0)


def following_row_rules(
    rules: Sequence[RowRule],
    accepted: Mapping[str, Accepted],
    cells: Mapping[str, str | None],
    again: Callable[[str], str | None],
    fixed: Collection[str] = (),
) -> Answers:
    """Return the cells of a row, changed where they break a rule.

    Args:
        rules: The rules of the sheet.
        accepted: What the columns accept, by code.
        cells: The cells by the code of their column; days are ISO texts.
        again: Return an answer to a column that a rule needs and that is blank.
        fixed: The columns that are changed only if the other one cannot be: those that identify the person.
    """
    changed = dict(cells)
    for _ in range(_ROUNDS):
        before = dict(changed)
        for rule in rules:
            match rule:
                case RowOrder():
                    _order_row(rule, accepted, changed, fixed)
                case RowCondition():
                    _condition(rule, accepted, changed, again)
        if changed == before:
            break
    return changed


def _order_row(rule: RowOrder, accepted: Mapping[str, Accepted], changed: Answers, fixed: Collection[str]) -> None:
    value, limit = changed.get(rule.column), changed.get(rule.other)
    if value is None or limit is None:
        return
    lower, higher = (limit, value) if rule.at_least else (value, limit)
    if _is_before(lower, higher) or lower == higher:
        return
    moved, to = (rule.other, value) if rule.column in fixed else (rule.column, limit)
    is_valid = accepted[moved].kind is IndicatorKind.DATE or _at_most(accepted[moved], float(to)) == to
    changed[moved] = to if is_valid else None


def _is_before(one: str, other: str) -> bool:
    if DAY.fullmatch(one) and DAY.fullmatch(other):
        return one < other
    first, second = _number(one), _number(other)
    return first is None or second is None or first < second


def _condition(
    rule: RowCondition, accepted: Mapping[str, Accepted], changed: Answers, again: Callable[[str], str | None]
) -> None:
    holds = changed.get(rule.other) in rule.values
    if rule.only_where and not holds and changed.get(rule.column) is not None and changed.get(rule.other) is not None:
        if not accepted[rule.column].is_required:
            changed[rule.column] = None
        else:
            changed[rule.other] = rule.values[0]
    elif rule.needed_where and holds and changed.get(rule.column) is None:
        changed[rule.column] = again(rule.column)


def _number(answer: str | None) -> float | None:
    return float(answer) if answer is not None and NUMBER.fullmatch(answer) else None


def _at_most(accepted: Accepted | None, limit: float) -> str | None:
    return accepted.at_most(limit) if accepted is not None else None


def _at_least(accepted: Accepted | None, limit: float) -> str | None:
    return accepted.at_least(limit) if accepted is not None else None
