"""Secrets that stand literally in work that is not finished: they enter Git as little as those of a version. Pure.

Drafts are not validated: whoever is in the middle of something may save it. But what is once in Git can never be taken back, so
what `plain-secret` refuses in a version is refused here too, and where a file cannot be understood it is taken by its words: a
value under a key that names a secret, or one that has the form of a well-known token.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import find_format, locate, native, read
from wflgit.core.formats.meaning import Fields
from wflgit.core.formats.native.reading import trigger_places
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import SECRET_EXPECTED, SECRET_HINT, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wflgit.core.catalog import Catalog, ConfigType
    from wflgit.core.graph import Pointer

_RULE = "plain-secret"
_MARK = "x-secret"
_NO_FIELDS = Fields()
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
_BUILT_IN = frozenset({"secret", "secret_headers"})
"""Keys under which built-in types have their secrets."""

_NAME = re.compile("[A-Z][A-Z0-9_]*")
_REFERENCE = re.compile(r'\{\s*"secret"\s*:\s*"[A-Z][A-Z0-9_]*"\s*\}')
_PAIR = re.compile(
    r"""(?P<key>"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z][\w.-]*)\s*[:=]\s*"""
    r"""(?:(?P<value>"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s"',{}\[\]:]+)|(?=[{\[](?P<inner>[^{}\[\]]*)))"""
)
"""A key with what stands after it, in JSON that may be broken: a value, or what is in an object or list up to the next bracket."""

_INNER_VALUE = re.compile(r""":\s*["']?[^\s"',{}\[\]]""")
_WORDS = frozenset({"true", "false", "null", ""})


class SecretSearch:
    """Looks for plain secrets by the types of one catalog; made once, and asked for every save."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._holding: dict[tuple[str, str], bool] = {}
        self._harmless: set[str] = set()

    def find(self, content: bytes) -> tuple[Problem, ...]:
        """The plain secrets in a file, however broken that is; with lines. No message shows one.

        Raises:
            DefinitionError: if the content is no text in UTF-8, so that nobody can tell.
        """
        try:
            document = read(content)
            known = find_format(document.value)
        except DefinitionError as error:
            return tuple(self._in_text(_text(content, error)))
        if known.NAME != native.NAME:
            # Their files may hold secrets literally; a review tells of them, as it does of versions.
            return ()
        problems = list(self._in_document(document.value))
        return locate(problems, document) if problems else ()

    # A native document, right or wrong

    def _in_document(self, document: Mapping[str, Any]) -> Iterator[Problem]:
        workflow, step_keys = _known_keys()
        yield from _literals({key: value for key, value in document.items() if key not in workflow}, ())
        for pointer, raw in trigger_places(document):
            yield from self._in_part("triggers", raw, pointer, frozenset({"type", "config"}))
        steps = document["steps"]
        if not isinstance(steps, dict):
            yield from _literals({"steps": steps}, ())
            return
        for step_id, raw in steps.items():
            if not (isinstance(raw, dict) and raw.keys() <= step_keys and self._is_harmless(raw)):
                yield from self._in_part("steps", raw, ("steps", step_id), step_keys)

    def _is_harmless(self, raw: Mapping[str, Any]) -> bool:
        """Whether a step is of a type that is known to have no secrets; most are, and this is all that they cost."""
        name = raw.get("type")
        return isinstance(name, str) and name in self._harmless and isinstance(raw.get("config", {}), dict)

    def _in_part(self, what: str, raw: Any, pointer: Pointer, keys: frozenset[str]) -> Iterator[Problem]:
        if not isinstance(raw, dict):
            yield from _literals({str(pointer[-1]): raw}, pointer[:-1])
            return
        if not raw.keys() <= keys:
            yield from _literals({key: value for key, value in raw.items() if key not in keys}, pointer)
        name, config = raw.get("type"), raw.get("config", {})
        types = self.catalog.steps if what == "steps" else self.catalog.triggers
        known = types.get(name) if isinstance(name, str) else None
        if known is None or not isinstance(config, dict):
            yield from _literals({"config": config}, pointer)
        elif self._holds_secrets(what, str(name), known):
            yield from (found for found in known.problems(config, (*pointer, "config")) if found.rule == _RULE)

    def _holds_secrets(self, what: str, name: str, known: ConfigType) -> bool:
        key = what, name
        if key not in self._holding:
            self._holding[key] = _marks_secret(known.schema)
            if what == "steps" and not self._holding[key]:
                self._harmless.add(name)
        return self._holding[key]

    # What cannot be understood

    def _in_text(self, text: str) -> Iterator[Problem]:
        from wflgit.core.impact.roles import holds_token

        plain = _REFERENCE.sub(lambda found: "null".ljust(len(found[0])), text)
        places = [pair.start() for pair in _PAIR.finditer(plain) if self._is_secret(**pair.groupdict())]
        if not places and holds_token(text):
            places = [0]
        for place in places:
            line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
            yield Problem(_RULE, Severity.ERROR, SECRET_EXPECTED, (), line, column, SECRET_HINT)

    def _is_secret(self, key: str, value: str | None, inner: str | None) -> bool:
        key, names = _unquoted(key), _BUILT_IN | self._own_names
        if value is None:
            return key in names and _INNER_VALUE.search((inner or "").replace("null", "")) is not None
        value = _unquoted(value)
        if value in _WORDS or (key == "secret" and _NAME.fullmatch(value)):
            return False
        return key in names or key.lower() in _HEADERS or _is_literal(key, value)

    @property
    def _own_names(self) -> frozenset[str]:
        """The keys that an account's own types mark as secret."""
        types = (*self.catalog.steps.values(), *self.catalog.triggers.values())
        return frozenset(name for known in types if not _is_built_in(known) for name in _marked_names(known.schema))


def _is_built_in(known: ConfigType) -> bool:
    from wflgit.core.fields import Shape

    return isinstance(known, Shape)


def _text(content: bytes, refusal: DefinitionError) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError(
            "a draft must be a text in UTF-8: in what is none, nobody can look for secrets",
            problems=refusal.problems,
            hint="save it as UTF-8",
        ) from refusal


@cache
def _known_keys() -> tuple[frozenset[str], frozenset[str]]:
    """The keys that a native workflow and its steps may have, so that they are no config."""
    from wflgit.core.definition import STEPS, WORKFLOW
    from wflgit.core.fields import properties

    steps = {key for shape in STEPS.values() for key in properties(shape.schema, shape.schema)}
    return frozenset(properties(WORKFLOW.schema, WORKFLOW.schema)), frozenset(steps)


def _literals(config: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """What looks like a secret where no type says what is one."""
    if not config:
        return
    from wflgit.core.impact.literals import literal_secrets

    for path in literal_secrets(config, _NO_FIELDS):
        yield wrong(SECRET_EXPECTED, (*pointer, *path), SECRET_HINT, rule=_RULE)


def _is_literal(key: str, value: str) -> bool:
    from wflgit.core.impact.literals import literal_secrets

    return bool(literal_secrets({key: value}, _NO_FIELDS))


def _unquoted(text: str) -> str:
    """A key or value as it is meant, with its escapes read where they can be."""
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text.strip("'")


def _marks_secret(schema: Any) -> bool:
    """Whether a schema marks anything as secret, or refers to another file that may."""
    if isinstance(schema, dict):
        reference = schema.get("$ref", "#")
        elsewhere = isinstance(reference, str) and not reference.startswith("#")
        return elsewhere or schema.get(_MARK) is True or any(map(_marks_secret, schema.values()))
    return isinstance(schema, list) and any(map(_marks_secret, schema))


def _marked_names(schema: Any) -> Iterable[str]:
    """The names of the properties in which a schema marks something as secret, at whatever depth."""
    if isinstance(schema, list):
        return {name for inner in schema for name in _marked_names(inner)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties")
    marked = {name for name, inner in named.items() if _marks_secret(inner)} if isinstance(named, dict) else set()
    return marked.union(*map(_marked_names, schema.values()))
