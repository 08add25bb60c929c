"""Base classes of the models of the programme folder."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)]
"""A code. It contains none of the separators that identifiers are composed with (`/`, `!`, `:`, `|`)."""


class StrictModel(BaseModel):
    """An immutable model that rejects unknown keys.

    A misspelt key would otherwise be a rule that silently does not apply.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, without the properties that were computed from the others."""
        copy = super().model_copy(update=update, deep=deep)
        for name in vars(copy).keys() - type(self).model_fields.keys():
            object.__delattr__(copy, name)
        return copy
