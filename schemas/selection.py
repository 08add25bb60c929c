"""The part of a programme that a command shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The codes to which a command is limited. Without a code of a kind, all of that kind are shown.

    Attributes:
        evaluators: Codes of evaluators who follow a structure.
        structures: Codes of structures; a former code of a structure is its present one.
        innovations: Codes of innovations.
    """

    evaluators: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    innovations: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """True if nothing is left out."""
        return not (self.evaluators or self.structures or self.innovations)
