"""The workflow that `wflgit new` writes when it is given none: small, valid, and meant to be edited."""

from __future__ import annotations

from typing import Any


def starter(name: str, *, schema: str | None = None) -> dict[str, Any]:
    """A native document with one step of each everyday kind.

    Args:
        name: its display name.
        schema: what its `$schema` says, for editors; None to leave it out.
    """
    pointed = {} if schema is None else {"$schema": schema}
    return {
        **pointed,
        "name": name,
        "trigger": {"type": "contact_created"},
        "start": "greet",
        "steps": {
            "greet": {"type": "send_email", "config": {"template": "welcome"}, "next": "wait_a_day"},
            "wait_a_day": {"type": "wait", "config": {"duration": "P1D"}, "next": "tag_greeted"},
            "tag_greeted": {"type": "add_tag", "config": {"tag": "greeted"}, "next": None},
        },
    }
