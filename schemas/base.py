"""Base classes of the models of the programme folder."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)]
"""A code. It contains none of the separators that identifiers are composed with (`/`, `!`, `:`, `|`)."""


class StrictModel(BaseModel):
    """An immutable model that rejects unknown keys.

    A misspelt key would otherwise be a rule that silently does not apply.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
