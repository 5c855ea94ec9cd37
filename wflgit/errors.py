"""Every exception of wflgit.

The tree, with each class's `code`::

    WflgitError
    ├── InvalidNameError          invalid-name           a slug, step id, channel or revision that breaks its rule
    ├── NotFoundError             not-found              no such workflow, version, execution, step or file
    ├── AmbiguousSlugError        ambiguous-slug         two files share one slug
    ├── SettingsError             invalid-settings       wflgit.toml cannot be used
    ├── DefinitionError           invalid-definition     a definition with problems; all of them are listed
    ├── PlanError                 plan-refused           a migration plan that cannot be carried out; all failures are listed
    ├── StateError                wrong-state            the rules forbid this in the state things are in
    ├── PermissionDenied          permission-denied      the actor lacks a permission; says which
    ├── LimitError                limit-reached          a policy limit
    ├── ConflictError             conflict               somebody else was faster; read again and retry
    │   └── LockedError           locked                 a lock was not released in time
    ├── RepositoryError           repository             Git cannot do it: no repository, foreign owner, bad object
    │   ├── ShallowRepositoryError  shallow-repository   history is cut off, so versions cannot be numbered
    │   ├── MissingObjectError    missing-object         an object is not in this clone
    │   ├── DirtyFileError        uncommitted-changes    the user's own edits would be overwritten
    │   ├── IdentityError         no-identity            nobody to attribute the change to
    │   ├── SigningError          signing                a commit or tag cannot be signed
    │   └── RemoteError           remote                 another repository cannot be reached, or refuses
    ├── GitHubError               github                 GitHub did not do what it was asked
    └── StoreError                store                  the side store cannot do it
        ├── StoreVersionError     store-version          tables older or newer than this wflgit
        └── StoreReadOnlyError    store-read-only        the side store cannot be written

Foreign exceptions (pygit2, SQLAlchemy, jsonschema, pydantic) are translated where they are raised; none reaches a caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from wflgit.core.diff import Comparison
    from wflgit.core.merge.conflicts import MergeConflict
    from wflgit.core.plan import Failure
    from wflgit.core.problems import Problem


class WflgitError(Exception):
    """What went wrong, to what, and what to do next.

    Attributes:
        code: stable kebab-case name of the kind of error, listed in `docs/errors.md`.
        message: one sentence, the offending value quoted, lower-case, no full stop.
        hint: the next step, a command if there is one; None where there is nothing to advise.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidNameError(WflgitError):
    """A slug, step id, channel name or revision does not follow its rule."""

    code = "invalid-name"


class NotFoundError(WflgitError):
    """Nothing of that name exists.

    Attributes:
        candidates: near names, best first; may be empty.
    """

    code = "not-found"

    def __init__(self, message: str, *, candidates: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.candidates = tuple(candidates)


class AmbiguousSlugError(WflgitError):
    """Two or more files claim one slug; wflgit does not guess which is meant.

    Attributes:
        paths: the files, in path order.
    """

    code = "ambiguous-slug"

    def __init__(self, message: str, *, paths: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.paths = tuple(paths)


class SettingsError(WflgitError):
    """`wflgit.toml` is missing, unreadable or says something that cannot be."""

    code = "invalid-settings"


class DefinitionError(WflgitError):
    """A definition that cannot be accepted.

    Attributes:
        problems: every problem found, in document order, errors and warnings.
        path: the file, where whoever raised it knows.
    """

    code = "invalid-definition"

    def __init__(self, message: str, *, problems: Sequence[Problem], path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
        self.path = path


class PlanError(WflgitError):
    """A plan of a migration that cannot be carried out as it is. Nothing was started.

    Attributes:
        failures: every reason, those of the plan itself first.
    """

    code = "plan-refused"

    def __init__(self, message: str, *, failures: Sequence[Failure], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.failures = tuple(failures)


class StateError(WflgitError):
    """The rules forbid the operation in the present state, e.g. changing a published version."""

    code = "wrong-state"


class PermissionDenied(WflgitError):  # noqa: N818 - what users of every other system call it
    """The actor may not do this.

    Attributes:
        actor: id of who wanted to.
        permission: what was missing, such as `workflows:publish`; None where the actor is of another account.
    """

    code = "permission-denied"

    def __init__(self, message: str, *, actor: str, permission: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.actor = actor
        self.permission = permission


class LimitError(WflgitError):
    """A limit of the account's policy is reached."""

    code = "limit-reached"


class ConflictError(WflgitError):
    """Somebody else changed the same thing first. Read again, look at both sides, retry.

    Attributes:
        expected: what the caller based the change on (version, commit, blob or lock number), or None.
        actual: what is there now, or None.
        theirs: what the others changed since `expected`, or None where that cannot be told.
        ours: what the caller wanted to change, or None.
        conflicts: where the two do not go together; empty unless they were to be merged.
    """

    code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        expected: str | int | None = None,
        actual: str | int | None = None,
        theirs: Comparison | None = None,
        ours: Comparison | None = None,
        conflicts: Sequence[MergeConflict] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.expected = expected
        self.actual = actual
        self.theirs = theirs
        self.ours = ours
        self.conflicts = tuple(conflicts)


class LockedError(ConflictError):
    """A lock of Git, of wflgit or of the database was held by another process for too long."""

    code = "locked"


class RepositoryError(WflgitError):
    """Git cannot do what was asked: no repository, not ours to read, an unsupported or damaged one."""

    code = "repository"


class ShallowRepositoryError(RepositoryError):
    """The clone lacks the beginning of history, so version numbers cannot be known."""

    code = "shallow-repository"


class MissingObjectError(RepositoryError):
    """An object that history refers to is not in this clone (a partial clone, or damage)."""

    code = "missing-object"


class DirtyFileError(RepositoryError):
    """The user has uncommitted changes in a file the operation would overwrite."""

    code = "uncommitted-changes"


class IdentityError(RepositoryError):
    """No actor was given and Git has no user.name and user.email to fall back on."""

    code = "no-identity"


class SigningError(RepositoryError):
    """A commit or tag cannot be signed as the user's Git configuration says."""

    code = "signing"


class RemoteError(RepositoryError):
    """Another repository cannot be reached, does not let us in, or refuses what we push."""

    code = "remote"


class GitHubError(WflgitError):
    """GitHub, or a server that speaks its API, did not do what it was asked.

    Attributes:
        status: the status of its answer; 0 if there was none.
    """

    code = "github"

    def __init__(self, message: str, *, status: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class StoreError(WflgitError):
    """The side store cannot do what was asked: unreachable, full, damaged, or not a wflgit store."""

    code = "store"


class StoreVersionError(StoreError):
    """The side store's tables are older or newer than this wflgit understands."""

    code = "store-version"


class StoreReadOnlyError(StoreError):
    """The side store has something to write but may not."""

    code = "store-read-only"
