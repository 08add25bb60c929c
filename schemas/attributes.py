"""The model of the attributes of structures: their declaration, and the lines of attributes.csv.

Days are local to the programme.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.base import Code, Day
from schemas.base import StrictModel as _Model
from schemas.following import Period
from schemas.programme_tables import Blank

UNKNOWN = "unknown"
"""The group of the structures without a value of an attribute."""


class LabelledCode(_Model):
    """A code with a label in two languages.

    Attributes:
        code: The code.
        label_fr: Label in French.
        label_en: Label in English.
    """

    code: Code
    label_fr: str = ""
    label_en: str = ""

    def label(self, locale: str) -> str:
        """Return the label in a language, else in the other one, else the code."""
        labels = {"fr": self.label_fr.strip(), "en": self.label_en.strip()}
        return labels.pop(locale) or next(iter(labels.values())) or self.code


class Attribute(LabelledCode):
    """Something that is declared about structures, such as their region.

    Attributes:
        code: Code of the attribute, which names its column in attributes.csv.
        label_fr: Label in French.
        label_en: Label in English.
        values: Its values, in the order of publications. Figures are grouped by them. Without a list, any text is a
            value, and no figure is grouped by it.
    """

    values: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list[str])


class AttributeLine(_Model):
    """What is declared about a structure from a day on: a line of attributes.csv.

    Beside the columns below, the table has a column for each attribute, named by its code. A blank cell changes
    nothing: the value of an earlier line goes on.

    Attributes:
        structure_code: Present or former code of the structure.
        from_on: The first day on which the values of the line hold; None from the beginning.
    """

    model_config = ConfigDict(extra="allow")

    structure_code: Code
    from_on: Annotated[Day | None, Blank] = None

    @property
    def values(self) -> dict[str, str]:
        """The values that the line declares, by code of the attribute."""
        texts = {code: str(text).strip() for code, text in (self.model_extra or {}).items()}
        return {code: text for code, text in texts.items() if text}


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """The value of an attribute of a structure in a period.

    Attributes:
        structure_code: Present code of the structure.
        attribute_code: Code of the attribute.
        value: The value.
        period: The days on which it holds.
    """

    structure_code: str
    attribute_code: str
    value: str
    period: Period
