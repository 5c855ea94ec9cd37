"""Commit and tag messages: a subject, words, and the trailers that carry what wflgit must find again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ACTION = "Wflgit-Action"
AUDIT_HEAD = "Wflgit-Audit-Head"
BASED_ON = "Wflgit-Based-On"
SEMVER = "Wflgit-Semver"


def compose(subject: str, lines: Iterable[str], trailers: Mapping[str, str]) -> str:
    """Write a message: subject, a list of lines, trailers, each part apart by a blank line; empty parts are left out.

    >>> print(compose("Publish welcome v2", ["changed step 'hello'"], {"Wflgit-Action": "publish"}))
    Publish welcome v2
    <BLANKLINE>
    - changed step 'hello'
    <BLANKLINE>
    Wflgit-Action: publish
    <BLANKLINE>
    """
    parts = [
        subject.strip(),
        "\n".join(f"- {line}" for line in lines),
        "\n".join(f"{key}: {value}" for key, value in trailers.items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def trailers(message: str) -> dict[str, str]:
    """Read wflgit's trailers from the last paragraph of a message; other lines there are passed over."""
    last = message.strip().rpartition("\n\n")[2]
    found = (line.partition(": ") for line in last.splitlines())
    return {key: value.strip() for key, colon, value in found if colon and key.startswith("Wflgit-")}
