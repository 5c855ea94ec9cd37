"""What breaks the rules of the native format; they are stated in `definition`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.core.catalog import Catalog
    from wflgit.core.problems import Problem


def problems(document: Any, catalog: Catalog) -> Iterator[Problem]:
    """Find what breaks the rules of the format; see `definition.problems`."""
    from wflgit.core import definition  # pydantic takes a tenth of a second to import, and only validation needs it

    yield from definition.problems(document, catalog)
