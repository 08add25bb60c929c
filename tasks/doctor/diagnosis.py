"""The result of a check of an installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check.

    Attributes:
        checked: Name of the check.
        detail: A sentence about the result, with the remedy where something is wrong.
        may_pass: True for trouble that may end by itself, such as a server that does not answer.
    """

    checked: str
    is_well: bool
    detail: str
    may_pass: bool = False
