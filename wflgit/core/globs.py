r"""Git's `:(glob)` patterns as regular expressions.

Source: gitglossary, "pathspec", and git's wildmatch.c, whose corners are kept: it matches bytes, so `?` is one byte of an
emoji; a pattern that is literally a path, or the folders it is in, matches it; a set that is not closed matches nothing.

    *        any characters but a slash         **/    any number of folders, also none
    ?        one byte but a slash               /**    all that is inside
    [a-c]    one of a set, [!a-c] none of it    \x     x itself
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import lru_cache

_SPECIAL = re.compile(rb"[*?\[\\]")
_NEVER = b"(?!)"
_FOLDERS = b"(?:.*/)?"
_CLASSES = {
    b"alnum": string.ascii_letters + string.digits,
    b"alpha": string.ascii_letters,
    b"blank": " \t",
    b"cntrl": "".join(map(chr, (*range(32), 127))),
    b"digit": string.digits,
    b"graph": string.ascii_letters + string.digits + string.punctuation,
    b"lower": string.ascii_lowercase,
    b"print": string.ascii_letters + string.digits + string.punctuation + " ",
    b"punct": string.punctuation,
    b"space": string.whitespace,
    b"upper": string.ascii_uppercase,
    b"xdigit": string.hexdigits,
}


@lru_cache(maxsize=256)
def compile_glob(glob: str) -> re.Pattern[bytes]:
    """Translate a glob; the result's `fullmatch` takes a path as bytes.

    >>> bool(compile_glob("workflows/**/*.json").fullmatch(b"workflows/sales/a.json"))
    True
    """
    raw = glob.encode()
    wild = b"".join(regex for regex, _ in _tokens(raw))
    literal = re.escape(raw) + (b".*" if raw.endswith(b"/") else b"(?:/.*)?")
    return re.compile(b"(?:" + wild + b")|" + literal, re.DOTALL)


@lru_cache(maxsize=256)
def is_wild(glob: str) -> bool:
    """Say whether a glob is more than the name of one file or folder."""
    return any(literal is None for _, literal in _tokens(glob.encode()))


@lru_cache(maxsize=256)
def fixed_ends(glob: str) -> tuple[str, str]:
    r"""The folders before a glob's first wildcard, and the text after its last one; nothing after for one without wildcards.

    >>> fixed_ends(r"flows/\[new\]/**/*.json")
    ('flows/[new]/', '.json')
    """
    literals = [literal for _, literal in _tokens(glob.encode())]
    wild = [at for at, literal in enumerate(literals) if literal is None] or [len(literals)]
    before, after = literals[: wild[0]], literals[wild[-1] + 1 :]
    head, slash, _ = b"".join(filter(None, before)).rpartition(b"/")
    return (head + slash).decode(errors="replace"), b"".join(filter(None, after)).decode(errors="replace")


def fixed_folder(glob: str) -> str:
    """The folder, with its trailing slash, outside which a glob matches nothing; empty for the root.

    >>> fixed_folder("flows/new/**/*.json")
    'flows/new/'
    """
    raw = glob.encode()
    special = _SPECIAL.search(raw)
    head, slash, _ = raw[: special.start() if special else len(raw)].rpartition(b"/")
    return (head + slash).decode()


def _tokens(glob: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Split a glob into regular expressions, each with the text it stands for; None for a wildcard."""
    at = 0
    while at < len(glob):
        char = glob[at : at + 1]
        if char == b"*":
            regex, at = _read_stars(glob, at)
            yield regex, None
            if regex == _FOLDERS:
                at += 1
                yield b"", b"/"
        elif char == b"[":
            regex, at = _read_set(glob, at)
            yield regex, None
        elif char == b"?":
            at += 1
            yield b"[^/]", None
        else:
            at += 2 if char == b"\\" else 1
            char = glob[at - 1 : at]
            yield (re.escape(char), char) if char else (_NEVER, None)


def _read_stars(glob: bytes, at: int) -> tuple[bytes, int]:
    """Translate a run of stars: two or more cross slashes where they stand alone between slashes or ends."""
    end = at + len(glob[at:]) - len(glob[at:].lstrip(b"*"))
    # Git cuts off what comes before the first special character, and then takes the cut for a beginning.
    alone = glob[at - 1 : at] == b"/" or not _SPECIAL.search(glob, 0, at)
    if end - at > 1 and alone:
        if glob[end : end + 1] == b"/":
            return _FOLDERS, end
        if end == len(glob) or glob[end : end + 2] == b"\\/":
            return b".*", end
    return b"[^/]*", end


def _read_set(glob: bytes, at: int) -> tuple[bytes, int]:
    """Translate a set; where it is not closed or names an unknown class, the whole pattern matches nothing."""
    negated = glob[at + 1 : at + 2] in (b"!", b"^")
    start = at = at + (2 if negated else 1)
    members: set[int] = set()
    before = 0
    while at == start or glob[at : at + 1] != b"]":
        read = _read_member(glob, at, before)
        if read is None:
            return _NEVER, len(glob)
        found, before, at = read
        members |= found
    chosen = (set(range(256)) - members if negated else members) - {ord("/")}
    return (b"[" + b"".join(b"\\x%02x" % member for member in sorted(chosen)) + b"]") if chosen else _NEVER, at + 1


def _read_member(glob: bytes, at: int, before: int) -> tuple[set[int], int, int] | None:
    """Read one member of a set: a byte, an escaped byte, the rest of a range that `before` began, or a class.

    Returns:
        The bytes it stands for, the byte with which a range could begin (0 for none), and where it ends; None for a member
        that makes the pattern match nothing.
    """
    following = glob[at + 1 : at + 2]
    if glob[at : at + 1] == b"-" and before and following not in (b"", b"]"):
        at += 2 if following == b"\\" else 1
        last = glob[at : at + 1]
        return (set(range(before, last[0] + 1)), 0, at + 1) if last else None
    if glob[at : at + 2] == b"[:":
        end = glob.find(b"]", at + 2)
        if end < 0:
            return None
        if end > at + 2 and glob[end - 1 : end] == b":":
            members = _CLASSES.get(glob[at + 2 : end - 1])
            return None if members is None else (set(members.encode()), 0, end + 1)
    elif glob[at : at + 1] == b"\\":
        at += 1
    byte = glob[at : at + 1]
    return ({byte[0]}, byte[0], at + 1) if byte else None
