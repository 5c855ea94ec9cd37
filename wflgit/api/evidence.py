"""Verifying an exported audit trail by itself, or against a bundle of the repository: without repository and side store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from wflgit.core.audit import parse_anchor
from wflgit.core.audit_export import Evidence, NotedAnchor, Voucher, verify_lines
from wflgit.core.messages import AUDIT_HEAD, trailers
from wflgit.errors import StoreError

_LONGEST = 64 * 2**20
"""Bytes of a line that are read at most; what is cut off there is no JSON, and is told so."""


def verify_export(file: str | Path, *, bundle: str | Path | None = None) -> Evidence:
    """Verify what `repo.audit.export` wrote.

    By itself, a chain shows every change but one: that all after an entry was written anew. The heads that publish tags have noted
    show that too, up to the last publication.

    Args:
        file: the export.
        bundle: a `git bundle` of the whole repository, whose tags the chain is held against.

    Returns:
        How much of it holds, what vouches for it, and the first place where it does not hold.

    Raises:
        StoreError: if the file cannot be read, or does not begin as an export.
        RepositoryError: if the bundle cannot be read.
    """
    noted = [] if bundle is None else list(_noted(Path(bundle)))
    try:
        with Path(file).open("rb") as stream:
            return verify_lines(_lines(stream), str(file), noted)
    except OSError as error:
        raise StoreError(f"'{file}' cannot be read: {error.strerror}", hint="write one: wflgit audit export -o FILE") from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(_LONGEST):
        yield line


def _noted(bundle: Path) -> Iterator[NotedAnchor]:
    from wflgit.git.bundles import read_tags

    for name, tag in read_tags(bundle).items():
        anchor = parse_anchor(trailers(tag.message).get(AUDIT_HEAD, ""))
        if anchor is not None:
            by = f"{tag.tagger.name} <{tag.tagger.email}>" if tag.tagger else None
            yield NotedAnchor(anchor, Voucher(name, anchor.sequence, by, tag.tagged_at))
