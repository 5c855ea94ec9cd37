"""The frame of every page: one file, whose only styles and script are its own, by their hashes; what it shows is escaped.

A browser is told by the page itself to load nothing, and to obey no style or script but these two.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from wflgit.render.html.drawing import words
from wflgit.render.html.extra import extra
from wflgit.render.review.words import affected_words
from wflgit.render.text import SHORT, count, printable, when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment


def page(template: str, title: str, said: Mapping[str, Any]) -> str:
    """Write a page.

    Args:
        template: its name.
        title: of the page.
        said: what the template shows, by the names it uses.

    Raises:
        WflgitError: if the packages that pages need are not installed.
    """
    style, script = _resource("page.css"), _resource("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    frame = {"title": title, "policy": policy, "style": style, "script": script}
    return _environment().get_template(f"{template}.html").render(**said, **frame)


@cache
def _resource(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """How a policy names the one style or script that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    with extra():
        import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("wflgit.render.html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters |= {
        "affected": affected_words,
        "count": count,
        "short": lambda commit: commit[:SHORT],
        "when": when,
        "words": words,
    }
    return environment


def _visible(value: Any) -> Any:
    """What is written of a value: no text brings a character that a reader does not see; what is markup already is left."""
    return printable(" ".join(value.splitlines())) if type(value) is str else value
