"""Slugs, step ids, revisions and ref names: the one place that knows their grammar. `parse_x` and `str(x)` invert.

Rules from the design: a slug is lower-case path segments joined by `/`; every ref of a workflow lives under its slug, so a
segment may not look like one of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from wflgit.errors import InvalidNameError, NotFoundError

SLUG_LIMIT = 100
CURRENT = "current"
DRAFT = "draft"
TAG_PREFIX = "refs/tags/"
ARCHIVE_PREFIX = "refs/wflgit/archive/"
DRAFT_PREFIX = "refs/wflgit/drafts/"

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9_-]*")
STEP_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
_STEP_ID = re.compile(STEP_ID_PATTERN)
_VERSION_SEGMENT = re.compile(r"v(0|[1-9][0-9]*)")
_PLAIN = re.compile(r"[A-Za-z0-9@._+-]")
_NUMBER = re.compile(r"v?([1-9][0-9]{0,8})")


def is_reserved(segment: str, channels: Collection[str] = ()) -> bool:
    """Say whether a path segment would be taken for a ref of a workflow (`current`, a channel, `v7`)."""
    return segment in (CURRENT, DRAFT) or segment in channels or _VERSION_SEGMENT.fullmatch(segment) is not None


def parse_slug(text: str, channels: Collection[str] = ()) -> str:
    """Check a slug typed by somebody and return it.

    Raises:
        InvalidNameError: with the reason, and a slug that would do.

    >>> parse_slug("sales/welcome")
    'sales/welcome'
    """
    reason = _slug_fault(text, channels)
    if reason is None:
        return text
    proposal = slugify(text, channels)
    raise InvalidNameError(f"'{text}' is no slug: {reason}", hint=f"use '{proposal}', for example")


def _slug_fault(text: str, channels: Collection[str]) -> str | None:
    if len(text) > SLUG_LIMIT:
        return f"it has {len(text)} characters, at most {SLUG_LIMIT} are allowed"
    for segment in text.split("/"):
        if not _SEGMENT.fullmatch(segment):
            return f"its segment '{segment}' must be lower-case letters a-z, digits, '-' and '_', and start with a letter or digit"
        if is_reserved(segment, channels):
            return f"its segment '{segment}' is reserved for a tag of a workflow"
    return None


def slugify(text: str, channels: Collection[str] = ()) -> str:
    """Derive a slug from any path without its ending; the rule is frozen, because a slug is a name for ever.

    Each segment is case-folded (`ß` is `ss`), decomposed (NFKD) and stripped of what is not ASCII; every run of other
    characters than a-z, 0-9, `_` becomes one `-`; leading and trailing `-` and `_` go. A segment that needs none of this
    stays as it is. A segment of which nothing is left, or that is reserved, gets the prefix `wf-`; the former is named by
    the first eight hex digits of its SHA-256. A slug that is too long keeps its first 91 characters and eight hex digits of
    the whole.

    >>> slugify("Sales/Welcome  (new) ✉")
    'sales/welcome-new'
    >>> slugify("🚀")
    'wf-ebbc0b28'
    """
    slug = "/".join(_slugify_segment(segment, channels) for segment in text.split("/") if segment)
    if not slug:
        return _slugify_segment(text, channels)
    return slug if len(slug) <= SLUG_LIMIT else f"{slug[:91].rstrip('/-_')}-{_digest(text)}"


def _slugify_segment(segment: str, channels: Collection[str]) -> str:
    if _SEGMENT.fullmatch(segment) and not is_reserved(segment, channels):
        return segment
    plain = unicodedata.normalize("NFKD", segment.casefold()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")
    if not plain:
        return f"wf-{_digest(segment)}"
    return f"wf-{plain}" if is_reserved(plain, channels) else plain


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def is_step_id(text: str) -> bool:
    """Say whether a step of a native definition may have this id."""
    return _STEP_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Revision:
    """`slug@selector`; without a selector the file as it is in the working tree, or on the trunk in a bare repository."""

    slug: str
    selector: str | None = None

    def __str__(self) -> str:
        return self.slug if self.selector is None else f"{self.slug}@{self.selector}"

    @property
    def number(self) -> int | None:
        """The version number the selector says (`7` or `v7`), or None if it says something else."""
        match = _NUMBER.fullmatch(self.selector or "")
        return int(match.group(1)) if match else None


@lru_cache(maxsize=4096)
def parse_revision(text: str) -> Revision:
    """Read `welcome`, `welcome@7`, `welcome@current`, `welcome@stable`, `welcome@<commit-ish>`.

    Raises:
        InvalidNameError: if there is nothing before or after the `@`, or the slug breaks its rule.
    """
    slug, at, selector = text.partition("@")
    if not slug or (at and not selector):
        raise InvalidNameError(f"'{text}' is no revision", hint="write SLUG, SLUG@7, SLUG@current or SLUG@COMMIT")
    return Revision(parse_slug(slug), selector if at else None)


def version_tag(slug: str, number: int) -> str:
    """The ref that marks a published version."""
    return f"{TAG_PREFIX}{slug}/v{number}"


def archive_ref(slug: str, number: int) -> str:
    """The ref at which the tag object of an archived version stands."""
    return f"{ARCHIVE_PREFIX}{slug}/v{number}"


def channel_tag(slug: str, channel: str) -> str:
    """The moving ref of a channel; `current` is one of them."""
    return f"{TAG_PREFIX}{slug}/{channel}"


def parse_version_tag(ref: str) -> tuple[str, int] | None:
    """Split `refs/tags/welcome/v7` into slug and number; None for any other ref."""
    return _parse_mark(ref, TAG_PREFIX)


def parse_archive_ref(ref: str) -> tuple[str, int] | None:
    """Split `refs/wflgit/archive/welcome/v7` into slug and number; None for any other ref."""
    return _parse_mark(ref, ARCHIVE_PREFIX)


def _parse_mark(ref: str, prefix: str) -> tuple[str, int] | None:
    slug, slash, last = ref.removeprefix(prefix).rpartition("/")
    match = _VERSION_SEGMENT.fullmatch(last)
    if not slash or not match or not ref.startswith(prefix) or last == "v0":
        return None
    return slug, int(match.group(1))


@dataclass(frozen=True, slots=True)
class Marks:
    """What the refs that publish versions of one workflow point at, by number.

    Attributes:
        tags: the version tags.
        archive: the archive refs; without those that point at what the tag of that number points at, which is where a version
            stands that is just being moved.
    """

    tags: dict[int, str]
    archive: dict[int, str]

    def targets(self, archived: Collection[int]) -> dict[int, str]:
        """What publishes each number, given which numbers are archived."""
        return self.tags | {number: self.archive[number] for number in archived}


def version_marks(refs: Mapping[str, str], workflow: str | None = None) -> dict[str, Marks]:
    """Pick what publishes versions from refs and what they point at: by slug; of one workflow where one is named."""
    found: dict[str, Marks] = {}
    for ref, target in refs.items():
        tag = parse_version_tag(ref)
        mark = tag or parse_archive_ref(ref)
        if mark is not None and workflow in (None, mark[0]):
            slug, number = mark
            marks = found.setdefault(slug, Marks({}, {}))
            (marks.tags if tag else marks.archive)[number] = target
    return {slug: _without_doubles(marks) for slug, marks in found.items()}


def _without_doubles(marks: Marks) -> Marks:
    return Marks(marks.tags, {number: target for number, target in marks.archive.items() if marks.tags.get(number) != target})


def tag_folder(workflow: str | None = None) -> str:
    """Where the tags of a workflow are, or those of all."""
    return TAG_PREFIX if workflow is None else f"{TAG_PREFIX}{workflow}/"


def archive_folder(workflow: str | None = None) -> str:
    """Where the tag objects of a workflow's archived versions stand, or those of all."""
    return ARCHIVE_PREFIX if workflow is None else f"{ARCHIVE_PREFIX}{workflow}/"


def draft_ref(slug: str, user: str) -> str:
    """The ref of what somebody has saved of a workflow and not committed yet."""
    return f"{DRAFT_PREFIX}{slug}/{_user_segment(user)}"


def draft_archive_ref(slug: str, user: str, moment: str) -> str:
    """The ref that keeps a draft for a while that was thrown away; `moment` keeps several of one user apart."""
    return f"{ARCHIVE_PREFIX}{slug}/{_user_segment(user)}/{moment}"


def parse_draft_ref(ref: str) -> tuple[str, str] | None:
    """Split the ref of a draft into slug and user; None for any other ref.

    >>> parse_draft_ref(draft_ref("sales/welcome", "Ada Lovelace"))
    ('sales/welcome', 'Ada Lovelace')
    """
    slug, slash, segment = ref.removeprefix(DRAFT_PREFIX).rpartition("/")
    return (slug, _user_of(segment)) if slash and ref.startswith(DRAFT_PREFIX) and "@" in segment else None


def parse_draft_archive_ref(ref: str) -> tuple[str, str, str] | None:
    """Split the ref of a draft that was thrown away into slug, user and moment; None for any other ref."""
    rest, slash, moment = ref.removeprefix(ARCHIVE_PREFIX).rpartition("/")
    slug, _, segment = rest.rpartition("/")
    if not slash or not slug or "@" not in segment or not ref.startswith(ARCHIVE_PREFIX):
        return None
    return slug, _user_of(segment), moment


def _user_segment(user: str) -> str:
    """A user's id as one segment of a ref; there is an `@` in it, so that it is no segment of a slug."""
    plain = "".join(letter if _PLAIN.fullmatch(letter) else _escaped(letter) for letter in user)
    plain = re.sub(r"(?<=\.)\.|^\.|\.$|\.(?=lock$)", "=2e", plain)
    return f"@{plain}" if plain.startswith("@") or "@" not in plain else plain


def _escaped(letter: str) -> str:
    return "".join(f"={byte:02x}" for byte in letter.encode("utf-8", "surrogatepass"))


def _user_of(segment: str) -> str:
    plain = segment.removeprefix("@")
    return re.sub(
        rb"=([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), plain.encode("utf-8", "surrogatepass")
    ).decode("utf-8", "surrogatepass")


def near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Up to three names somebody may have meant, best first."""
    from difflib import get_close_matches

    return tuple(get_close_matches(name, list(names), n=3, cutoff=0.6))


def unknown(kind: str, name: str, names: Iterable[str], *, hint: str | None = None) -> NotFoundError:
    """Build the error for a name that is not among `names`, proposing the near ones."""
    candidates = near(name, names)
    if candidates:
        hint = f"did you mean {' or '.join(repr(candidate) for candidate in candidates)}?"
    return NotFoundError(f"there is no {kind} '{name}'", candidates=candidates, hint=hint)
