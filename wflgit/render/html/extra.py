"""What only pages need, and a plain word where it is missing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wflgit.errors import WflgitError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def extra() -> Iterator[None]:
    """Import packages of the extra `html` inside of this.

    Raises:
        WflgitError: if one is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise WflgitError(f"HTML pages need the package '{error.name}'", hint="pip install 'wflgit[html]'") from error
