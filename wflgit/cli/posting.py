"""Telling a pull request what a review says: what is needed for that is in the environment that GitHub's machines set."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.core.problems import Severity
from wflgit.core.review import Verdict
from wflgit.integrations.github import Outcome, Posting, PullRequest, post_review
from wflgit.render.review.markdown import MARKER, resolved_markdown, review_markdown

if TYPE_CHECKING:
    from wflgit.cli.output import Output
    from wflgit.core.review import Review


def post_to_github(output: Output, review: Review, approval: str) -> bool:
    """Post a review to the pull request that the environment names; on to the summary and the outputs of the step too.

    Args:
        output: where to say what came of it.
        review: the review.
        approval: the label by which somebody approves of errors.

    Returns:
        Whether somebody has approved of all errors there are.

    Raises:
        UsageError: if the environment names no pull request or no token.
        GitHubError: if GitHub does not answer.
    """
    body = review_markdown(review) if review.workflows or review.findings else None
    outcome = post_review(_pull_request(), marker=MARKER, body=body, resolved=resolved_markdown(review), approval=approval)
    output.note(f"comment {outcome.posting}")
    if outcome.posting is Posting.NOT_ALLOWED:
        output.note("the token may not write, as for forks: the review is in the summary of the step")
    if outcome.withdrawn:
        output.note(f"the label '{approval}' was taken away: it does not cover {', '.join(outcome.withdrawn)}")
    _append("GITHUB_STEP_SUMMARY", body or resolved_markdown(review))
    _append("GITHUB_OUTPUT", "".join(f"{key}={value}\n" for key, value in _outputs(review, outcome).items()))
    return outcome.approved


def _pull_request() -> PullRequest:
    """The pull request that the environment names."""
    repository, token = os.environ.get("GITHUB_REPOSITORY"), os.environ.get("GITHUB_TOKEN")
    if not repository or not token:
        raise click.UsageError("expected GITHUB_REPOSITORY and GITHUB_TOKEN in the environment with --post")
    api = os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    return PullRequest(repository, _number(), token=token, api=api)


def _number() -> int:
    """The number of the pull request: WFLGIT_PULL_REQUEST, else that of the event."""
    said = os.environ.get("WFLGIT_PULL_REQUEST")
    if said and said.isdigit():
        return int(said)
    event = Path(os.environ.get("GITHUB_EVENT_PATH") or "/dev/null")
    try:
        return int(json.loads(event.read_text(encoding="utf-8"))["pull_request"]["number"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.UsageError("expected an event of a pull request, or its number in WFLGIT_PULL_REQUEST, with --post") from error


def _outputs(review: Review, outcome: Outcome) -> dict[str, object]:
    """What later steps may ask for."""
    verdict = review.verdict
    return {
        "verdict": "approved" if outcome.approved and verdict is Verdict.FAILED else verdict,
        "errors": review.count(Severity.ERROR),
        "warnings": review.count(Severity.WARNING),
        "semver": review.level or "",
        "comment": outcome.posting,
    }


def _append(variable: str, text: str) -> None:
    """Add to a file that the environment names, if it does."""
    file = os.environ.get(variable)
    if file:
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(text if text.endswith("\n") else f"{text}\n")
