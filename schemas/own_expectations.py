"""The expectations of Great Expectations that a programme declares for the returns of an instrument.

They are those that a single return can fail: expectations of a whole column, such as its mean, and `mostly`, which lets
some returns fail, have no return to send back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.enums import Severity

_LIMITS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
OF_ONE: dict[str, frozenset[str]] = {
    "expect_column_values_to_be_between": _LIMITS,
    "expect_column_values_to_be_in_set": frozenset({"value_set"}),
    "expect_column_values_to_not_be_in_set": frozenset({"value_set"}),
    "expect_column_values_to_match_regex": frozenset({"regex"}),
    "expect_column_values_to_not_match_regex": frozenset({"regex"}),
    "expect_column_value_lengths_to_be_between": _LIMITS,
    "expect_column_values_to_not_be_null": frozenset(),
}
"""The expectations of one answer (`column`), each with what else it takes."""
OF_TWO: dict[str, frozenset[str]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": frozenset({"or_equal"}),
    "expect_column_pair_values_to_be_equal": frozenset(),
}
"""The expectations of two answers (`column_A`, `column_B`), each with what else it takes."""
_OF_NUMBERS = frozenset({"expect_column_values_to_be_between", *OF_TWO})


@dataclass(frozen=True, slots=True)
class OwnExpectation:
    """An expectation of one answer, or of two answers, of a return.

    Attributes:
        item: The item; of two, `column_A`.
        other: `column_B`; None for an expectation of one.
        type: Its name in Great Expectations.
        arguments: What else it takes, by name.
        severity: Whether the sender must correct what fails, or is asked to look at it.
        words: What is expected, in words for the sender.
    """

    item: str
    other: str | None
    type: str
    arguments: Mapping[str, Any]
    severity: Severity
    words: str

    @property
    def items(self) -> tuple[str, ...]:
        """The items that it is about."""
        return (self.item,) if self.other is None else (self.item, self.other)

    @property
    def is_of_numbers(self) -> bool:
        """Whether it compares the answers as numbers."""
        values = self.arguments.get("value_set", ())
        are_numbers = bool(values) and all(
            isinstance(one, (int, float)) and not isinstance(one, bool) for one in values
        )
        return self.type in _OF_NUMBERS or are_numbers
