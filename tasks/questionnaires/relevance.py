"""Evaluate the part of LimeSurvey's ExpressionScript that the editors of surveys commonly write as conditions.

Understood are comparisons of answers with numbers and texts (`==`, `!=`, `<`, `<=`, `>`, `>=` and `eq`, `ne`, `lt`,
`le`, `gt`, `ge`), `and`, `or`, `&&`, `||`, `!`, `is_empty(…)`, parentheses, numbers and quoted texts. A name is a
question, with its subquestion after `_`, and one of the suffixes `.NAOK`, `.code` and `.value`, or none. Everything
else is not understood, and nothing is concluded from it.

The comparisons follow those of the server: two numbers are compared as numbers and two texts as texts; a blank is
neither less nor more than a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.]))
      | (?P<text>"[^"\\]*"|'[^'\\]*')
      | (?P<sign><=|>=|==|!=|&&|\|\||[<>!()])
      | (?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z]+)?)
    )""",
    re.VERBOSE,
)
_COMPARISONS = {
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    **{sign: sign for sign in ("==", "!=", "<", "<=", ">", ">=")},
}  # fmt: skip
_AND, _OR = frozenset({"and", "&&"}), frozenset({"or", "||"})
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_IN_SHORTEST_FORM = re.compile(r"-?(?:0|[1-9][0-9]{0,13})(?:\.[0-9]*[1-9])?")
_WITH_ALL_ANSWERS = "NAOK"
_SUFFIXES = frozenset({"", _WITH_ALL_ANSWERS, "code", "value"})


@dataclass(frozen=True, slots=True)
class Name:
    """The name of an answer in an expression.

    Attributes:
        variable: The question, with its subquestion: `freins_temps`.
        suffix: The suffix, without the point; empty for none.
    """

    variable: str
    suffix: str

    @property
    def reads_hidden(self) -> bool:
        """True if the answer to a hidden question reads as a blank. Otherwise the server handles it separately."""
        return self.suffix == _WITH_ALL_ANSWERS


Answer = Callable[[Name], str | None]
"""Return the answer to a question, empty for a blank or a hidden question; None where it cannot be known."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that is understood.

    Attributes:
        names: The answers that it reads.
        evaluate: Return whether it holds, given the answers; None where the answers do not decide it.
        is_whole: Whether every part of it is understood.
    """

    names: frozenset[Name]
    evaluate: Callable[[Answer], bool | None]
    is_whole: bool = True


ALWAYS = Expression(frozenset(), lambda _answer: True)
"""The condition of a question that is always shown."""


def expression_of(text: str) -> Expression | None:
    """Parse a condition; return None for one that is not understood. An empty one always holds."""
    if text.strip() in ("", "1"):
        return ALWAYS
    try:
        return _Parser(text).expression()
    except _NotUnderstoodError:
        return None


def all_of(*expressions: Expression | None) -> Expression:
    """Combine conditions, of which one that is not understood (None) is neither true nor false."""
    read = frozenset(name for expression in expressions if expression is not None for name in expression.names)
    return Expression(
        read,
        lambda answer: _and(
            *(None if expression is None else expression.evaluate(answer) for expression in expressions)
        ),
        is_whole=all(expression is not None and expression.is_whole for expression in expressions),
    )


class _NotUnderstoodError(Exception):
    """The expression is outside of the part that is understood."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A value in an expression. A quoted number is compared as a text."""

    text: str
    is_quoted: bool = False


_Value = _Text | bool | None
_Node = Callable[[Answer], _Value]


class _Parser:
    """Parse one expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._names: set[Name] = set()

    def expression(self) -> Expression:
        node = self._either()
        if self._tokens:
            raise _NotUnderstoodError
        return Expression(frozenset(self._names), lambda answer: _truth(node(answer)))

    def _either(self) -> _Node:
        return self._joined(self._both, _OR, _or)

    def _both(self) -> _Node:
        return self._joined(self._comparison, _AND, _and)

    def _joined(self, part: Callable[[], _Node], words: frozenset[str], join: Callable[..., bool | None]) -> _Node:
        nodes = [part()]
        while self._next() in words:
            self._take()
            nodes.append(part())
        if len(nodes) == 1:
            return nodes[0]
        return lambda answer: join(*(_truth(node(answer)) for node in nodes))

    def _comparison(self) -> _Node:
        left = self._unary()
        sign = _COMPARISONS.get(self._next())
        if sign is None:
            return left
        self._take()
        right = self._unary()
        return lambda answer: _compared(sign, left(answer), right(answer))

    def _unary(self) -> _Node:
        if self._next() != "!":
            return self._primary()
        self._take()
        node = self._unary()
        return lambda answer: _not(_truth(node(answer)))

    def _primary(self) -> _Node:
        kind, word = self._take()
        if kind == "sign" and word == "(":
            node = self._either()
            self._close()
            return node
        if kind == "number":
            value = _Text(word.rstrip("0").rstrip(".") if "." in word else word)
            return lambda _answer: value
        if kind == "text":
            quoted = _Text(word[1:-1], is_quoted=True)
            return lambda _answer: quoted
        if kind != "name":
            raise _NotUnderstoodError
        if self._next() == "(":
            return self._function(word)
        return self._name(word)

    def _function(self, function: str) -> _Node:
        if function != "is_empty":
            raise _NotUnderstoodError
        self._take()
        kind, word = self._take()
        if kind != "name":
            raise _NotUnderstoodError
        node = self._name(word)
        self._close()

        def is_empty(answer: Answer) -> bool | None:
            value = node(answer)
            return value.text == "" if isinstance(value, _Text) else None

        return is_empty

    def _name(self, word: str) -> _Node:
        variable, _, suffix = word.partition(".")
        if suffix not in _SUFFIXES or word.lower() in _COMPARISONS.keys() | _AND | _OR:
            raise _NotUnderstoodError
        name = Name(variable, suffix)
        self._names.add(name)

        def read(answer: Answer) -> _Value:
            text = answer(name)
            return None if text is None else _Text(text)

        return read

    def _next(self) -> str:
        return self._tokens[0][1].lower() if self._tokens and self._tokens[0][0] != "text" else ""

    def _take(self) -> tuple[str, str]:
        if not self._tokens:
            raise _NotUnderstoodError
        return self._tokens.pop(0)

    def _close(self) -> None:
        if self._take() != ("sign", ")"):
            raise _NotUnderstoodError


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            raise _NotUnderstoodError
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


def _truth(value: _Value) -> bool | None:
    # In PHP the empty text and "0" are false, and every other text is true.
    return value.text not in ("", "0") if isinstance(value, _Text) else value


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _and(*values: bool | None) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _or(*values: bool | None) -> bool | None:
    if True in values:
        return True
    return None if None in values else False


def _compared(sign: str, left: _Value, right: _Value) -> bool | None:
    """Compare as the server does. The results of other comparisons are not compared."""
    if not isinstance(left, _Text) or not isinstance(right, _Text):
        return None
    if sign in ("==", "!="):
        return _equal(left.text, right.text) is (sign == "==")
    if {left.text, right.text} == {"", "0"} and sign in ("<=", ">"):
        # In these two comparisons only, the server takes a blank for 0.
        return sign == "<="
    order = _order(left, right)
    if order is None:
        return False
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[sign]


def _equal(left: str, right: str) -> bool:
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return Decimal(left) == Decimal(right)
    return left == right


def _order(left: _Text, right: _Text) -> int | None:
    """Return the order of two values: negative, zero or positive; None where one is a number and the other is not."""
    numbers = [bool(_IN_SHORTEST_FORM.fullmatch(value.text)) for value in (left, right)]
    texts = [value.text == "0" or not is_number for value, is_number in zip((left, right), numbers, strict=True)]
    if all(numbers) and not (left.is_quoted or right.is_quoted):
        first, second = Decimal(left.text), Decimal(right.text)
        return (first > second) - (first < second)
    if all(numbers) or all(texts):
        one, other = left.text.encode(), right.text.encode()
        return (one > other) - (one < other)
    return None
