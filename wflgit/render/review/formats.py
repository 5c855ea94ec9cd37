"""The forms in which a review can be written to a file, by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wflgit.core.review import Review


def _markdown(review: Review) -> str:
    from wflgit.render.review.markdown import review_markdown

    return f"{review_markdown(review)}\n"


def _json(review: Review) -> str:
    from wflgit.render.review.data import review_data

    return _dumped(review_data(review))


def _sarif(review: Review) -> str:
    from wflgit.render.review.sarif import review_sarif

    return _dumped(review_sarif(review))


def _github(review: Review) -> str:
    from wflgit.render.review.github import annotation_lines

    return "".join(f"{text}\n" for text in annotation_lines(review))


def _gitlab(review: Review) -> str:
    from wflgit.render.review.gitlab import quality_report

    return _dumped(quality_report(review))


def _junit(review: Review) -> str:
    from wflgit.render.review.junit import review_junit

    return review_junit(review)


def _html(review: Review) -> str:
    from wflgit.render.html.review import review_html

    return review_html(review)


def _mermaid(review: Review) -> str:
    from wflgit.render.review.drawing import review_drawing

    return review_drawing(review)


def _dumped(data: object) -> str:
    """JSON in plain ASCII, so that it survives any encoding."""
    return f"{json.dumps(data, indent=2, ensure_ascii=True)}\n"


FORMATS: Mapping[str, Callable[[Review], str]] = {
    "markdown": _markdown,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "html": _html,
    "mermaid": _mermaid,
}
"""What makes the text of a review, which ends with a line end. What is for a terminal is made apart, for it knows its width."""
