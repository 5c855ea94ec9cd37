"""Where the user's own git is. Apart from all that uses it, so that those whom git calls import no more."""

from __future__ import annotations

import shutil
from functools import cache


@cache
def find_git() -> str | None:
    """Where the user's git is, or None if there is none."""
    return shutil.which("git")
