import inspect
import re

from schemas import errors
from schemas.enums import Exit
from schemas.errors import EssaimError


def listed_parents() -> dict[str, str]:
    """Return the parent of each class in the tree of the module's docstring."""
    parents: dict[str, str] = {}
    path = ["Exception"]
    for indent, name in re.findall(r"^( {2,})(?:[x.] )?(\w+Error)\b", errors.__doc__ or "", re.MULTILINE):
        depth = len(indent) // 2
        path = [*path[:depth], name]
        parents[name] = path[depth - 1]
    return parents


def declared() -> dict[str, type[EssaimError]]:
    return {
        name: member
        for name, member in inspect.getmembers(errors, inspect.isclass)
        if issubclass(member, EssaimError) and member.__module__ == errors.__name__
    }


def test_the_tree_in_the_docstring_names_each_error_below_its_parent():
    assert listed_parents() == {name: member.__bases__[0].__name__ for name, member in declared().items()}


def test_every_error_is_one_that_the_command_line_prints_as_a_sentence():
    assert all(issubclass(member, EssaimError) for member in declared().values())


def test_only_usage_errors_end_with_the_exit_code_of_wrong_usage():
    usage = {name for name, member in declared().items() if member.exit_code is Exit.USAGE}
    assert usage == {"UsageError", "ProgrammeError", "MailError"}
    assert {member.exit_code for member in declared().values()} == {Exit.USAGE, Exit.FAILED}
