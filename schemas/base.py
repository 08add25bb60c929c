"""What every model of the programme folder is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=40)]
"""A code never holds the separators that identifiers are made with."""


class StrictModel(BaseModel):
    """Unknown keys are mistakes: a misspelt key that is ignored would be a rule that silently does not apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)
