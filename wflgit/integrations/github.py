"""A review as the one comment of a pull request on GitHub, and an approval that dies when something new comes up.

It needs no package: a few requests of GitHub's REST API. What the comment says is written elsewhere; here it is only found, made,
changed and left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wflgit.errors import GitHubError

if TYPE_CHECKING:
    from urllib.request import Request

_TIMEOUT_S = 30
_PAGE = 100
_PAGES = 50
"""How many pages of comments are read at most."""
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_FINGERPRINTS = re.compile("<!-- wflgit fingerprints: ([0-9a-z: ]*) -->")
_FORBIDDEN = frozenset({401, 403, 404})
_ACTIONS = "github-actions[bot]"
"""Who writes with the token of a workflow on GitHub; such a token may not ask who it is."""


class Posting(StrEnum):
    """What became of the comment."""

    MADE = "made"
    CHANGED = "changed"
    LEFT = "left as it was"
    RESOLVED = "resolved"
    NOT_NEEDED = "not needed"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the pull request."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of posting a review.

    Attributes:
        posting: what became of the comment.
        approved: whether somebody has approved of all errors there are.
        withdrawn: the errors, by fingerprint, that made an earlier approval void.
    """

    posting: Posting
    approved: bool
    withdrawn: tuple[str, ...] = ()


class PullRequest:
    """A pull request on GitHub, or on a server that speaks its API.

    Args:
        repository: `owner/name`.
        number: of the pull request.
        token: what is allowed to read it and, but for forks, to comment on it.
        api: the address of the API.
    """

    def __init__(self, repository: str, number: int, *, token: str, api: str = "https://api.github.com") -> None:
        self._repository = f"{api.rstrip('/')}/repos/{repository}"
        self._issue = f"{self._repository}/issues/{number}"
        self._api = api.rstrip("/")
        self._token = token

    def author(self) -> str:
        """Who comments with this token."""
        try:
            answer, _ = self._ask("GET", f"{self._api}/user")
        except GitHubError as error:
            if error.status in _FORBIDDEN:
                return _ACTIONS
            raise
        return str(answer["login"])

    def comments(self) -> Iterator[Comment]:
        """All comments, the oldest first."""
        address: str | None = f"{self._issue}/comments?per_page={_PAGE}"
        for _ in range(_PAGES):
            if address is None:
                return
            found, address = self._ask("GET", address)
            yield from (Comment(each["id"], (each.get("user") or {}).get("login", ""), each.get("body") or "") for each in found)

    def comment(self, body: str) -> None:
        """Make a comment."""
        self._ask("POST", f"{self._issue}/comments", {"body": body})

    def change(self, comment: Comment, body: str) -> None:
        """Write a comment anew."""
        self._ask("PATCH", f"{self._repository}/issues/comments/{comment.id}", {"body": body})

    def has_label(self, label: str) -> bool:
        """Whether it has a label."""
        found, _ = self._ask("GET", f"{self._issue}/labels?per_page={_PAGE}")
        return any(each["name"].lower() == label.lower() for each in found)

    def remove_label(self, label: str) -> None:
        """Take a label away."""
        from urllib.parse import quote

        self._ask("DELETE", f"{self._issue}/labels/{quote(label, safe='')}")

    def _ask(self, method: str, address: str, data: object = None) -> tuple[Any, str | None]:
        """Ask for something; what is answered, and the address of the next page."""
        from urllib.request import Request, urlopen

        body = None if data is None else json.dumps(data).encode()
        question = Request(address, data=body, method=method)  # noqa: S310 - the API's own addresses
        question.add_header("Accept", "application/vnd.github+json")
        question.add_header("X-GitHub-Api-Version", "2022-11-28")
        question.add_header("User-Agent", "wflgit")
        question.add_unredirected_header("Authorization", f"Bearer {self._token}")
        with _translated(question), urlopen(question, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            content = answer.read()
            link = _NEXT.search(answer.headers.get("Link") or "")
        return json.loads(content) if content else None, link[1] if link else None


@contextmanager
def _translated(question: Request) -> Iterator[None]:
    from urllib.error import HTTPError, URLError

    what = f"{question.get_method()} {question.full_url}"
    try:
        yield
    except HTTPError as error:
        error.close()
        hint = "give the token 'pull-requests: write'" if error.code in _FORBIDDEN else "try again later"
        raise GitHubError(f"GitHub answered {error.code} {error.reason} to {what}", status=error.code, hint=hint) from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise GitHubError(f"GitHub did not answer to {what}: {reason}", hint="try again later") from error


def post_review(pull: PullRequest, *, marker: str, body: str | None, resolved: str, approval: str | None = None) -> Outcome:
    """Make the comment of a pull request say what a review says, and see whether somebody has approved of it.

    There is one comment. It is changed where it stands; where it would say the same, it is left alone. An approval is a label: it
    is of the errors that the comment names when the label is seen, and goes as soon as there is another one.

    Args:
        pull: the pull request.
        marker: what the comment begins with, by which it is found again.
        body: what it is to say, with a line that names the errors by fingerprint; None if there is nothing to say: then there is no
            comment, or the one there is says `resolved`.
        resolved: what it says when all that it said is settled.
        approval: the label by which somebody approves of errors; None if nobody can.

    Raises:
        GitHubError: if GitHub does not answer, or refuses something else than writing.
    """
    author = pull.author()
    standing = next((each for each in pull.comments() if each.author == author and each.body.startswith(marker)), None)
    errors = fingerprints(body or "")
    approved, withdrawn = False, frozenset[str]()
    if approval is not None and errors and pull.has_label(approval):
        withdrawn = errors - fingerprints(standing.body if standing else "")
        approved = not withdrawn
    try:
        if approval is not None and withdrawn:
            pull.remove_label(approval)
        posting = _write(pull, standing, body, resolved)
    except GitHubError as error:
        if error.status not in _FORBIDDEN:
            raise
        posting = Posting.NOT_ALLOWED
    return Outcome(posting, approved, tuple(sorted(withdrawn)))


def _write(pull: PullRequest, standing: Comment | None, body: str | None, resolved: str) -> Posting:
    if standing is None:
        if body is None:
            return Posting.NOT_NEEDED
        pull.comment(body)
        return Posting.MADE
    wanted = resolved if body is None else body
    if _plain(standing.body) == _plain(wanted):
        return Posting.LEFT
    pull.change(standing, wanted)
    return Posting.RESOLVED if body is None else Posting.CHANGED


def _plain(body: str) -> str:
    """A comment as GitHub may give it back: with other line ends, and without white space around."""
    return body.replace("\r\n", "\n").strip()


def fingerprints(body: str) -> frozenset[str]:
    """The fingerprints of the errors that a comment names.

    >>> sorted(fingerprints("<!-- wflgit fingerprints: 0123456789abcdef fedcba9876543210 -->"))
    ['0123456789abcdef', 'fedcba9876543210']
    """
    found = _FINGERPRINTS.findall(body)
    return frozenset(found[-1].split()) - {"none"} if found else frozenset()
