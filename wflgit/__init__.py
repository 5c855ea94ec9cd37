"""Git-backed workflows as code: `wflgit.open(path)`, then `repo.workflows`, `repo.versions`, `repo.executions`, `repo.migrations`.

The public names, and nothing else. They are loaded when they are first used, so that a command line call pays for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wflgit.api.adoption import adopt
    from wflgit.api.remotes import clone
    from wflgit.api.repository import Repository
    from wflgit.api.repository import init_repository as init
    from wflgit.api.repository import open_repository as open  # noqa: A004 - the name users expect
    from wflgit.core.adoption import Adoption
    from wflgit.core.audit import AuditEntry, Event, Verification
    from wflgit.core.changes import Change
    from wflgit.core.diff import Comparison
    from wflgit.core.findings import Finding
    from wflgit.core.pace import Pace
    from wflgit.core.permissions import Permission
    from wflgit.core.plan import Plan, WaitPolicy
    from wflgit.core.problems import Problem, Severity
    from wflgit.core.records import (
        Actor,
        Definition,
        Execution,
        ExecutionStatus,
        Identity,
        ItemResult,
        Migration,
        MigrationItem,
        MigrationStatus,
        StepCount,
        Strategy,
        Version,
        VersionStatus,
        Workflow,
    )
    from wflgit.core.reports import Notice, Status
    from wflgit.core.review import Level, Review, WorkflowReview
    from wflgit.core.rollout import Rollout
    from wflgit.core.selection import Selection
    from wflgit.core.settings import Settings
    from wflgit.errors import (
        AmbiguousSlugError,
        ConflictError,
        DefinitionError,
        DirtyFileError,
        GitHubError,
        IdentityError,
        InvalidNameError,
        LimitError,
        LockedError,
        MissingObjectError,
        NotFoundError,
        PermissionDenied,
        PlanError,
        RemoteError,
        RepositoryError,
        SettingsError,
        ShallowRepositoryError,
        SigningError,
        StateError,
        StoreError,
        StoreReadOnlyError,
        StoreVersionError,
        WflgitError,
    )

__all__ = [
    "Actor",
    "Adoption",
    "AmbiguousSlugError",
    "AuditEntry",
    "Change",
    "Comparison",
    "ConflictError",
    "Definition",
    "DefinitionError",
    "DirtyFileError",
    "Event",
    "Execution",
    "ExecutionStatus",
    "Finding",
    "GitHubError",
    "Identity",
    "IdentityError",
    "InvalidNameError",
    "ItemResult",
    "Level",
    "LimitError",
    "LockedError",
    "Migration",
    "MigrationItem",
    "MigrationStatus",
    "MissingObjectError",
    "NotFoundError",
    "Notice",
    "Pace",
    "Permission",
    "PermissionDenied",
    "Plan",
    "PlanError",
    "Problem",
    "RemoteError",
    "Repository",
    "RepositoryError",
    "Review",
    "Rollout",
    "Selection",
    "Settings",
    "SettingsError",
    "Severity",
    "ShallowRepositoryError",
    "SigningError",
    "StateError",
    "Status",
    "StepCount",
    "StoreError",
    "StoreReadOnlyError",
    "StoreVersionError",
    "Strategy",
    "Verification",
    "Version",
    "VersionStatus",
    "WaitPolicy",
    "WflgitError",
    "Workflow",
    "WorkflowReview",
    "adopt",
    "clone",
    "init",
    "open",
]

_HOMES = {
    "Adoption": "core.adoption",
    "AuditEntry": "core.audit",
    "Change": "core.changes",
    "Comparison": "core.diff",
    "Event": "core.audit",
    "Finding": "core.findings",
    "Level": "core.review",
    "Notice": "core.reports",
    "Pace": "core.pace",
    "Permission": "core.permissions",
    "Plan": "core.plan",
    "Problem": "core.problems",
    "Repository": "api.repository",
    "Review": "core.review",
    "Rollout": "core.rollout",
    "Selection": "core.selection",
    "Settings": "core.settings",
    "Severity": "core.problems",
    "Status": "core.reports",
    "Verification": "core.audit",
    "WaitPolicy": "core.plan",
    "WorkflowReview": "core.review",
    "adopt": "api.adoption",
    "clone": "api.remotes",
    "init": "api.repository",
    "open": "api.repository",
}
"""Where the names are that neither are errors nor in `core.records`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'wflgit' has no attribute '{name}'")
    home = "errors" if name.endswith(("Error", "Denied")) else _HOMES.get(name, "core.records")
    return getattr(import_module(f"wflgit.{home}"), {"init": "init_repository", "open": "open_repository"}.get(name, name))


def __dir__() -> list[str]:
    return __all__
