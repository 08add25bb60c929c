"""Read the formulas of derived indicators, and resolve them to the indicators that are asked.

A formula adds and subtracts indicators (`a + b - c`), or divides one by another (`placed / people`). Its parts may be
derived themselves, except that a ratio is no part. So each derived indicator is a weighted sum of asked indicators, or
one such sum divided by another.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.base import CODE, LONGEST_CODE

_SIGN = re.compile(r"(\s*[+/]\s*|\s+-\s+)")
"""A code may contain `-`, so that the minus sign has spaces around it."""
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as it is written.

    Attributes:
        terms: The codes of its parts, in their order, with 1 or -1.
        denominator: The code of the denominator of a ratio, whose numerator is the only term; None for a sum.
    """

    terms: tuple[tuple[str, int], ...]
    denominator: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all parts."""
        codes = tuple(code for code, _ in self.terms)
        return codes if self.denominator is None else (*codes, self.denominator)


@dataclass(frozen=True, slots=True)
class Part:
    """An asked indicator in a derived one.

    Attributes:
        code: The asked indicator.
        is_denominator: Whether it belongs to the denominator of a ratio.
        weight: What its value is multiplied by before the parts of this side are added.
    """

    code: str
    is_denominator: bool
    weight: int


def read_formula(text: str) -> Formula | None:
    """Read a formula; None if it is none."""
    first, *rest = (piece.strip() for piece in _SIGN.split(text.strip()))
    signs, codes = rest[::2], [first, *rest[1::2]]
    if not signs or not all(CODE.match(code) and len(code) <= LONGEST_CODE for code in codes):
        return None
    if "/" in signs:
        return Formula(((first, 1),), codes[1]) if len(signs) == 1 else None
    return Formula(tuple(zip(codes, (1, *(1 if sign == "+" else -1 for sign in signs)), strict=True)))


def resolved(code: str, formulas: Mapping[str, Formula], unit: str | None) -> tuple[Part, ...]:
    """Return the asked indicators of a derived one, the numerator first; a part of weight 0 is left out.

    Args:
        code: The derived indicator.
        formulas: The formulas, by indicator. They have no circles, and no part of them is a ratio.
        unit: The unit of the derived indicator: a ratio in percent is a hundred times the quotient.
    """
    formula = formulas[code]
    scale = _PERCENT if formula.denominator is not None and unit is not None and unit.strip() == "%" else 1
    return tuple(
        Part(part, is_denominator, weight)
        for is_denominator, terms in (
            (False, [(term, sign * scale) for term, sign in formula.terms]),
            (True, [] if formula.denominator is None else [(formula.denominator, 1)]),
        )
        for part, weight in _added(terms, formulas).items()
        if weight
    )


def _added(terms: list[tuple[str, int]], formulas: Mapping[str, Formula]) -> dict[str, int]:
    weights: dict[str, int] = {}
    for code, weight in terms:
        for part, of_part in _expanded(code, weight, formulas):
            weights[part] = weights.get(part, 0) + of_part
    return weights


def _expanded(code: str, weight: int, formulas: Mapping[str, Formula]) -> Iterator[tuple[str, int]]:
    formula = formulas.get(code)
    if formula is None:
        yield code, weight
        return
    for part, sign in formula.terms:
        yield from _expanded(part, weight * sign, formulas)
