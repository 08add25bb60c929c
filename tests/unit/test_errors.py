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


def classes() -> dict[str, type[object]]:
    """Return the classes that the module defines."""
    members = inspect.getmembers(errors, inspect.isclass)
    return {name: member for name, member in members if member.__module__ == errors.__name__}


def declared() -> dict[str, type[EssaimError]]:
    """Return the errors that the command line prints as a sentence."""
    return {name: member for name, member in classes().items() if issubclass(member, EssaimError)}


def test_the_tree_in_the_docstring_names_each_error_below_its_parent():
    assert listed_parents() == {name: member.__bases__[0].__name__ for name, member in declared().items()}


def test_every_error_is_one_that_the_command_line_prints_as_a_sentence():
    assert {name for name, member in classes().items() if issubclass(member, BaseException)} == declared().keys()


def test_only_usage_errors_end_with_the_exit_code_of_wrong_usage():
    usage = {name for name, member in declared().items() if member.exit_code is Exit.USAGE}
    assert usage == {"UsageError", "ProgrammeError", "MailError", "PlanError"}
    assert {member.exit_code for member in declared().values()} == {Exit.USAGE, Exit.FAILED}
