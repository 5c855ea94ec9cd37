"""An account's own step and trigger types, described by JSON Schema files. The only user of jsonschema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.validators import extend, validator_for
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, specification_with

from wflgit.core.fields import is_secret_reference
from wflgit.core.jsontext import read_json
from wflgit.core.wording import schema_problems, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.protocols import Validator

    from wflgit.core.graph import Pointer
    from wflgit.core.problems import Problem

_SECRET = "x-secret"  # noqa: S105 - a keyword of a schema


@dataclass(frozen=True)
class OwnType:
    """A type whose config is described by a schema file of the account.

    Attributes:
        path: the file, for messages.
        schema: what it says, or nothing if it cannot be read.
        registry: the schemas that it may refer to.
        unreadable: why it cannot be read, or None.
    """

    path: str
    schema: Mapping[str, Any]
    registry: Registry[Any]
    unreadable: str | None = None

    def problems(self, config: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
        """Find what is wrong with a config that stands at `pointer`; the problems carry no lines."""
        if self._fault is not None:
            yield self._broken(self._fault, pointer)
            return
        try:
            for error in self._validator.iter_errors(config):
                yield from schema_problems(error, pointer)
        except Unresolvable as error:
            yield self._broken(f"nothing stands at its $ref '{error.ref}'", pointer)
        except RecursionError:
            yield self._broken("one of its $ref leads round in a circle", pointer)

    def _broken(self, reason: str, pointer: Pointer) -> Problem:
        message = f"expected a JSON Schema in '{self.path}' but {reason}"
        return wrong(message, pointer, f"mend {self.path}", rule="broken-schema")

    @cached_property
    def _fault(self) -> str | None:
        if self.unreadable is not None:
            return self.unreadable
        try:
            self._validator_class.check_schema({**self.schema})
        except SchemaError as error:
            return f"{error.json_path} is wrong: {error.message}"
        return None

    @cached_property
    def _validator(self) -> Validator:
        return self._validator_class(self.schema, registry=self.registry)

    @cached_property
    def _validator_class(self) -> type[Validator]:
        validator_class = extend(validator_for(self.schema, default=Draft202012Validator), {_SECRET: _check_secret})  # type: ignore[no-untyped-call]
        return cast("type[Validator]", validator_class)


def own_types(folder: str, contents: Mapping[str, bytes]) -> dict[str, OwnType]:
    """Make the types of a folder, by name; their schemas may refer to each other by file name."""
    schemas: dict[str, Mapping[str, Any]] = {}
    unreadable: dict[str, str] = {}
    for name, content in contents.items():
        try:
            schemas[name] = _read_schema(content)
        except DefinitionError as error:
            schemas[name], unreadable[name] = {}, error.message
    registry: Registry[Any] = Registry().with_resources((_file(name), _resource(schema)) for name, schema in schemas.items())
    return {name: OwnType(f"{folder}/{_file(name)}", schema, registry, unreadable.get(name)) for name, schema in schemas.items()}


def _file(name: str) -> str:
    return f"{name}.schema.json"


def _read_schema(content: bytes) -> Mapping[str, Any]:
    schema = _with_secrets(read_json(content).value)
    if not isinstance(schema, dict):
        problem = wrong("it holds no object", ())
        raise DefinitionError(problem.message, problems=[problem])
    return schema


def _with_secrets(schema: Any) -> Any:
    """Let a schema that marks a secret say nothing else: its author has the plain value in mind, as in `"type": "string"`."""
    if isinstance(schema, dict):
        return {_SECRET: True} if schema.get(_SECRET) is True else {key: _with_secrets(inner) for key, inner in schema.items()}
    return [_with_secrets(inner) for inner in schema] if isinstance(schema, list) else schema


def _resource(schema: Mapping[str, Any]) -> Resource[Any]:
    return specification_with(str(schema.get("$schema")), default=DRAFT202012).create_resource(schema)


def _check_secret(_validator: object, _marked: object, instance: object, _schema: object) -> Iterator[ValidationError]:
    if not is_secret_reference(instance):
        yield ValidationError("a plain secret")
