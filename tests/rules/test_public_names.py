"""What users may import: sorted, documented, and nothing else."""

from __future__ import annotations

import inspect
from functools import cached_property
from types import FunctionType

import pytest

import wflgit
from wflgit import errors
from wflgit.api.audit import Audit
from wflgit.api.executions import Executions
from wflgit.api.versions import Versions
from wflgit.api.workflows import Workflows

NOUNS = [Workflows, Versions, Executions, Audit]
MEMBERS: tuple[type, ...] = (FunctionType, property, cached_property, classmethod, staticmethod)


def public_things() -> dict[str, object]:
    """Everything that users reach: public names, the operations, and the methods and properties of each class."""
    things = {name: getattr(wflgit, name) for name in wflgit.__all__} | {noun.__name__: noun for noun in NOUNS}
    members = {
        f"{kind}.{name}": member
        for kind, thing in things.items()
        if inspect.isclass(thing)
        for name, member in vars(thing).items()
        if isinstance(member, MEMBERS) and not name.startswith("_")
    }
    return things | members


THINGS = public_things()


def test_the_public_names_are_sorted_and_said_once() -> None:
    assert wflgit.__all__ == sorted(set(wflgit.__all__))


def test_the_package_shows_its_public_names_and_nothing_else() -> None:
    assert dir(wflgit) == wflgit.__all__
    assert all(getattr(wflgit, name) is not None for name in wflgit.__all__)
    with pytest.raises(AttributeError, match="'wflgit' has no attribute 'nonsense'"):
        wflgit.nonsense  # noqa: B018 - looking is the test


def test_every_exception_is_public() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.WflgitError)}
    assert kinds <= set(wflgit.__all__)


@pytest.mark.parametrize("name", THINGS)
def test_every_public_thing_says_what_it_is(name: str) -> None:
    thing = THINGS[name]
    words = thing.__doc__ or ""
    assert words, "it has no docstring"
    assert not words.startswith(f"{name}("), "a dataclass without a docstring says its signature"


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_a_noun_has_at_most_twenty_operations_of_at_most_five_arguments_before_the_named_ones(noun: type) -> None:
    operations = {name: value for name, value in vars(noun).items() if isinstance(value, FunctionType) and not name.startswith("_")}
    assert len(operations) <= 20
    for name, operation in operations.items():
        arguments = [each for each in inspect.signature(operation).parameters.values() if each.kind is not each.KEYWORD_ONLY]
        assert len(arguments) <= 6, f"{name} takes {len(arguments) - 1}"
