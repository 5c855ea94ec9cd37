"""How a workflow stands on the trunk: its versions and its file, and what may be asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.settings import FILE
from wflgit.errors import AmbiguousSlugError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from wflgit.store.versions import FileRow, VersionRow


@dataclass(frozen=True, slots=True)
class Standing:
    """How a workflow stands on the trunk.

    Attributes:
        slug: the workflow.
        rows: its versions, newest first.
        files: the files that have its slug: one, none if it is deleted, several in a collision.
    """

    slug: str
    rows: list[VersionRow]
    files: list[FileRow]

    @property
    def current(self) -> VersionRow | None:
        """The highest published version that is not archived."""
        return next((row for row in self.rows if row.tag and not row.archived), None)

    def require_current(self) -> VersionRow:
        """The current version.

        Raises:
            NotFoundError: if there is none.
        """
        if self.current is None:
            reason = f"every published version of '{self.slug}' is archived"
            if not any(row.archived for row in self.rows):
                reason = f"no version of '{self.slug}' is published yet"
            raise NotFoundError(reason, hint=f"publish one: `wflgit publish {self.slug}`")
        return self.current

    def version(self, number: int) -> VersionRow:
        """The version of a number.

        Raises:
            NotFoundError: if there is none.
        """
        for row in self.rows:
            if row.number == number:
                return row
        raise NotFoundError(
            f"workflow '{self.slug}' has no version {number}",
            hint=f"it has 1 to {self.rows[0].number}; `wflgit log {self.slug}` lists them",
        )

    def made_by(self, commit: str) -> VersionRow:
        """The version that a commit made.

        Raises:
            ConflictError: if it is none any more, because the trunk was changed.
        """
        for row in self.rows:
            if row.commit == commit:
                return row
        raise ConflictError(f"commit '{commit[:10]}' is no version of '{self.slug}' any more", hint="see `wflgit fsck`")

    def require_one_file(self) -> FileRow | None:
        """The file; None if the workflow is deleted.

        Raises:
            AmbiguousSlugError: if several files have the slug.
        """
        if len(self.files) > 1:
            paths = [file.path for file in self.files]
            raise AmbiguousSlugError(
                f"{len(paths)} files have the slug '{self.slug}': {', '.join(repr(path) for path in paths)}",
                paths=paths,
                hint=f"rename all but one of them with `git mv`, or leave them out with [workflows] exclude in {FILE}",
            )
        return self.files[0] if self.files else None

    def require_file(self) -> FileRow:
        """The file.

        Raises:
            NotFoundError: if the workflow is deleted.
            AmbiguousSlugError: if several files have the slug.
        """
        file = self.require_one_file()
        if file is None:
            raise NotFoundError(
                f"workflow '{self.slug}' was deleted in version {self.rows[0].number}",
                hint=f"see `wflgit log {self.slug}`; `wflgit rollback {self.slug} --to NUMBER` brings it back",
            )
        return file
