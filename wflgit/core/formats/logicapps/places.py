"""Where in a document the definition of a workflow is, and what of that which is around it has a meaning.

What is around it says how the workflow is deployed: the parameters of an ARM template, connections, identity, whether it is
enabled. `around` gives that without what an export writes by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.formats.meaning import Fields
from wflgit.core.formats.shapes import list_of, object_of, text_of, unique
from wflgit.core.wording import quote, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer

VERSIONS = frozenset({"PlaybookVersion"})
"""Parameters that people raise by hand with every change, because nothing else tells them which version is deployed."""

UNSAID = frozenset({"$schema", "contentVersion", "description", "metadata"})
"""What a definition says besides its triggers and actions that has no meaning."""

_TYPE = "microsoft.logic/workflows"
_OF_TEMPLATE = frozenset({"$schema", "contentVersion", "metadata"})
_OF_RESOURCE = frozenset({"apiVersion", "comments", "etag", "id", "metadata", "systemData", "tags"})
_NOTES = frozenset({"apiSummaries", "author", "categoryNames", "description", "summary"})
_PRIVATE = frozenset({"creator", "lastModifier"})
_WRITTEN = frozenset(
    {
        "accessEndpoint",
        "changedTime",
        "createdTime",
        "endpointsConfiguration",
        "environment",
        "flowTriggerUri",
        "galleryName",
        "installationStatus",
        "lastModifiedTime",
        "popularity",
        "provisioningState",
        "version",
    }
)
_OF_PROPERTIES = _NOTES | _PRIVATE | _WRITTEN
_OF_CONNECTION = frozenset({"connectionId", "connectionName", "id"})


_RESOURCES = ("resources/*/", "resources/*/resources/*/", "resources/*/properties/template/resources/*/")
"""Where resources are; nested templates and children of resources are told one level deep."""

_BODIES = ("", *_RESOURCES)
_DEFINITIONS = ("", "definition/", *(f"{body}properties/definition/" for body in _BODIES))
_TEMPLATES = ("", "resources/*/properties/template/")
_DECLARED = tuple(dict.fromkeys((*_TEMPLATES, *_DEFINITIONS)))
_VALUE = ("defaultValue", "value")
_CONNECTIONS = ("$connections/value/*/", "properties/parameters/$connections/value/*/")
_HEADERS = ("Authorization", "authorization", "Ocp-Apim-Subscription-Key", "X-API-Key", "x-api-key", "api-key", "x-functions-key")
_SECRETS = ("ApiKey", "apiKey", "ClientSecret", "clientSecret", "connectionString", "Password", "password", "Secret", "secret")

FIELDS = Fields(
    cosmetic=(
        *(f"{body}{key}" for body in _BODIES for key in ("comments", "metadata", "tags")),
        *(f"{body}properties/{key}" for body in _BODIES for key in sorted(_NOTES)),
        *(f"{template}metadata" for template in _TEMPLATES),
        *(f"{place}parameters/*/metadata" for place in _DECLARED),
        *(f"{definition}{key}" for definition in _DEFINITIONS for key in ("description", "metadata")),
        *(f"{definition}triggers/*/{key}" for definition in _DEFINITIONS for key in ("description", "metadata")),
        *(f"{definition}**/actions/*/{key}" for definition in _DEFINITIONS for key in ("description", "metadata")),
    ),
    volatile=(
        *(f"{body}{key}" for body in _BODIES for key in ("apiVersion", "etag", "id", "systemData")),
        *(f"{body}properties/{key}" for body in _BODIES for key in sorted(_WRITTEN)),
        *(f"{template}{key}" for template in _TEMPLATES for key in ("$schema", "contentVersion")),
        *(f"{definition}{key}" for definition in _DEFINITIONS for key in ("$schema", "contentVersion")),
        *(f"{definition}triggers/*/evaluatedRecurrence" for definition in _DEFINITIONS),
        *(f"{place}parameters/{name}/{key}" for place in _DECLARED for name in sorted(VERSIONS) for key in _VALUE),
        *(f"{body}{place}{key}" for body in _BODIES for place in _CONNECTIONS for key in sorted(_OF_CONNECTION)),
        *(f"{body}properties/connectionReferences/*/connectionName" for body in _BODIES),
        *(f"{body}properties/connectionReferences/*/connection/{key}" for body in _BODIES for key in ("id", "name")),
    ),
    secret=(
        *(f"**/authentication/{key}" for key in ("password", "pfx", "secret", "value")),
        *(f"**/headers/{key}" for key in _HEADERS),
        *(f"**/queries/{key}" for key in ("code", "sig")),
        *(f"**/parameters/{name}/{key}" for name in _SECRETS for key in _VALUE),
        "**/parameterValues",
    ),
    private=tuple(f"{body}properties/{key}" for body in _BODIES for key in sorted(_PRIVATE)),
)


class Place(NamedTuple):
    """Where a definition is.

    Attributes:
        pointer: the keys to it, from the root of the document.
        definition: the object itself, if it is one.
        label: what goes before the ids of its steps; empty unless there are several workflows in the document.
    """

    pointer: Pointer
    definition: Any
    label: str = ""

    @property
    def prefix(self) -> str:
        """The label, as it stands before an id."""
        return f"{self.label}/" if self.label else ""


def find(document: object) -> list[Place]:
    """Find the definitions of a document; several only in an ARM template."""
    if not isinstance(document, dict):
        return []
    if "resources" in document and (found := [*_resources(document, ())]):
        return found if len(found) == 1 else _labelled(document, found)
    for pointer in (("properties", "definition"), ("definition",), ()):
        holder: Any = document
        for key in pointer:
            holder = object_of(holder).get(key)
        if _is_definition(holder, inside=bool(pointer)):
            return [Place(pointer, holder)]
    return []


def _resources(template: Mapping[str, Any], pointer: Pointer) -> Iterator[Place]:
    """The workflows among the resources of a template, those of templates inside of it, and children of resources.

    Resources are a list, or in newer templates an object.
    """
    resources = template.get("resources")
    entries: Any = resources.items() if isinstance(resources, dict) else enumerate(list_of(resources))
    for key, resource in entries:
        if isinstance(resource, dict):
            at = (*pointer, "resources", key)
            properties = object_of(resource.get("properties"))
            if text_of(resource.get("type")).lower() == _TYPE:
                yield Place((*at, "properties", "definition"), properties.get("definition"))
            yield from _resources(resource, at)
            yield from _resources(object_of(properties.get("template")), (*at, "properties", "template"))


def _labelled(document: Any, found: list[Place]) -> list[Place]:
    """The places, each with the name of its resource, or that of the parameter that has the name."""
    taken: set[str] = set()
    labelled = []
    for place in found:
        resource = document
        for key in place.pointer[:-2]:
            resource = resource[key]
        name = text_of(resource.get("name"))
        match = _NAMED_BY.fullmatch(name)
        label = match[1] if match else name if name and not name.startswith("[") else "workflow"
        labelled.append(place._replace(label=unique(label, taken)))
    return labelled


_NAMED_BY = re.compile(r"\[(?:parameters|variables)\('([^']+)'\)\]", re.IGNORECASE)


def _is_definition(value: object, *, inside: bool) -> bool:
    """Say whether a value is meant as a definition; one that nothing is around has to say so more clearly."""
    if not isinstance(value, dict):
        return False
    parts = sum(isinstance(value.get(key), dict) for key in ("actions", "triggers"))
    said = "contentVersion" in value or "Microsoft.Logic" in text_of(value.get("$schema"))
    return parts == 2 or (parts == 1 and (said or inside))


def recognise(document: object) -> bool:
    """Say whether a parsed document is meant as a workflow of Logic Apps or holds one.

    >>> recognise({"definition": {"triggers": {}, "actions": {}}, "kind": "Stateful"})
    True
    >>> recognise({"resources": [{"type": "Microsoft.Web/connections"}]})
    False
    """
    return bool(find(document))


def root(document: object) -> Pointer:  # noqa: ARG001  all formats take it
    """The document itself: what is around a definition is compared too."""
    return ()


def places(document: object) -> list[Place]:
    """The definitions of a document that is recognised; each is an object.

    Raises:
        DefinitionError: if one is not.
    """
    found = find(document)
    for place in found:
        if not isinstance(place.definition, dict):
            message = f"expected the definition of a workflow but found {quote(place.definition)}"
            hint = "write the object with its triggers and actions in the template itself"
            pointer = place.pointer if place.definition is not None else place.pointer[:-2]
            raise DefinitionError(message, problems=[wrong(message, pointer, hint)], hint=hint)
    return found


def name_place(document: object, found: list[Place]) -> Pointer | None:
    """Where the name of the workflow is; None where it has none or only an expression of ARM, and where there are several."""
    pointer = found[0].pointer if len(found) == 1 else ()
    if pointer[-2:] != ("properties", "definition"):
        return None
    resource: Any = document
    for key in pointer[:-2]:
        resource = resource[key]
    if isinstance(resource["properties"].get("displayName"), str):
        return (*pointer[:-1], "displayName")
    name = resource.get("name")
    return (*pointer[:-2], "name") if isinstance(name, str) and not name.startswith("[") else None


def around(document: Mapping[str, Any], found: list[Place]) -> dict[str, Any]:
    """What a document says besides its definitions and the workflow's name, without what has no meaning."""
    pointer = found[0].pointer if found else ()
    if not pointer:
        return {}
    rest = _Around([place.pointer for place in found], name_place(document, found))
    if pointer[0] == "resources":
        return rest.template(document, ())
    said: dict[str, Any] = rest.body(document, ()) if pointer[0] == "properties" else rest.properties(document, ())
    return said


class _Around(NamedTuple):
    """Goes through what is around definitions, and leaves out those, the name, and noise."""

    definitions: list[Pointer]
    name: Pointer | None

    def template(self, template: Mapping[str, Any], at: Pointer) -> dict[str, Any]:
        said = {key: value for key, value in template.items() if key not in _OF_TEMPLATE}
        if "parameters" in said:
            said["parameters"] = parameters(said["parameters"])
        return self._with_resources(said, at)

    def _with_resources(self, said: dict[str, Any], at: Pointer) -> dict[str, Any]:
        resources = said.get("resources")
        at = (*at, "resources")
        if isinstance(resources, dict):
            said["resources"] = {key: self.body(value, (*at, key)) for key, value in resources.items()}
        elif isinstance(resources, list):
            said["resources"] = [self.body(value, (*at, index)) for index, value in enumerate(resources)]
        return said

    def body(self, resource: Any, at: Pointer) -> Any:
        """A resource, or what looks like one."""
        if not isinstance(resource, dict):
            return resource
        said = {key: value for key, value in resource.items() if key not in _OF_RESOURCE and (*at, key) != self.name}
        inside = said.get("properties")
        if isinstance(inside, dict):
            if any(definition[: len(at)] == at for definition in self.definitions):
                said["properties"] = inside = self.properties(inside, (*at, "properties"))
            if isinstance(inside.get("template"), dict):
                template = self.template(inside["template"], (*at, "properties", "template"))
                said["properties"] = {**inside, "template": template}
        return self._with_resources(said, at)

    def properties(self, properties: Mapping[str, Any], at: Pointer) -> dict[str, Any]:
        """What says more of the workflow, beside its definition."""
        left_out = (*self.definitions, self.name)
        noise = _OF_PROPERTIES if (*at, "definition") in self.definitions else frozenset()
        said = {key: value for key, value in properties.items() if key not in noise and (*at, key) not in left_out}
        if "parameters" in said and at:
            said["parameters"] = _connected(said["parameters"])
        if "connectionReferences" in said:
            said["connectionReferences"] = _by_name(said["connectionReferences"], _reference)
        return said if at else _connected(said)


def _connected(values: Any) -> Any:
    """The values of parameters without what tells the connections of one deployment from those of another."""
    connections = object_of(values).get("$connections")
    if not isinstance(connections, dict) or not isinstance(connections.get("value"), dict):
        return values
    said = {name: _less(one, _OF_CONNECTION) for name, one in connections["value"].items()}
    return {**values, "$connections": {**connections, "value": said}}


def _by_name(values: Any, said: Any) -> Any:
    return {name: said(value) for name, value in values.items()} if isinstance(values, dict) else values


def _reference(value: Any) -> Any:
    value = _less(value, frozenset({"connectionName"}))
    connection = object_of(value).get("connection")
    return {**value, "connection": _less(connection, frozenset({"id", "name"}))} if isinstance(connection, dict) else value


def _less(value: Any, noise: frozenset[str]) -> Any:
    if not isinstance(value, dict) or noise.isdisjoint(value):
        return value
    return {key: item for key, item in value.items() if key not in noise}


def parameters(declared: Any) -> Any:
    """Parameters without notes and without versions kept by hand; the same object where there are none."""
    if not isinstance(declared, dict):
        return declared
    if VERSIONS.isdisjoint(declared) and not any("metadata" in value for value in declared.values() if isinstance(value, dict)):
        return declared
    return {name: _less(value, _UNSAID_OF_VERSION if name in VERSIONS else _NOTE) for name, value in declared.items()}


_NOTE = frozenset({"metadata"})
_UNSAID_OF_VERSION = frozenset({"metadata", "defaultValue", "value"})
