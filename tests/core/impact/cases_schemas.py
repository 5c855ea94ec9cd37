"""Cases of the rules that look at the types that an account knows."""

from __future__ import annotations

import json

from tests.core.impact.cases import Case
from tests.core.impact.documents import row
from wflgit.core.catalog import Catalog, load_catalog

OWN = row("do", "bye", do={"type": "own_type", "config": {"a": "x"}})


def _catalog(*required: str) -> Catalog:
    """The types of an account with one of its own."""
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in "ab"}, "required": [*required]}
    return load_catalog({"own_type": json.dumps(schema).encode()}, {})


CASES = (Case("WFL502", fires=(OWN, OWN), near=(OWN, OWN), old_types=_catalog("a"), new_types=_catalog("a", "b")),)
