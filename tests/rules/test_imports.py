"""Who may import what. Imports inside functions count: a rule that laziness can get around is none."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import make_repo, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGE = ROOT / "wflgit"

OWNERS = {
    "alembic": "wflgit.store",
    "celery": "wflgit.integrations",
    "click": "wflgit.cli",
    "deepdiff": "wflgit.core.fieldchanges",
    "igraph": "wflgit.render.html",
    "jinja2": "wflgit.render.html",
    "jsonschema": "wflgit.core",
    "orjson": "wflgit.core.jsontext",
    "pydantic": "wflgit.core",
    "pydantic_core": "wflgit.core",
    "pygit2": "wflgit.git",
    "referencing": "wflgit.core",
    "psycopg": "wflgit.store",
    "sqlalchemy": "wflgit.store",
    "watchfiles": "wflgit.integrations",
}
"""Foreign package -> the one package of ours that imports it."""

SILENT_AT_START = {"alembic", "deepdiff", "jsonschema", "pydantic"}
"""What listing versions must not wait for."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        yield (
            ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
            ast.parse(file.read_text(encoding="utf-8")),
        )


def foreign_imports() -> set[tuple[str, str]]:
    """(our module, foreign package) for every import that is neither ours nor Python's, wherever in the file it stands."""
    found = set()
    for module, tree in modules():
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {(module, name.partition(".")[0]) for name in names}
    return {(module, name) for module, name in found if name not in sys.stdlib_module_names and name != "wflgit"}


def dependencies(*extras: str) -> set[str]:
    optional = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *(line for extra in extras for line in optional[extra])]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower() for line in wanted}
    return names - {"wflgit"}


def test_imports_point_one_way_as_import_linter_sees_it() -> None:
    # In a process of its own, because it silences all loggers of the one it runs in.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_each_foreign_package_is_imported_by_its_owner_only() -> None:
    strangers = [
        f"{module} imports {foreign}"
        for module, foreign in sorted(foreign_imports())
        if not f"{module}.".startswith(f"{OWNERS.get(foreign, 'nobody')}.")
    ]
    assert strangers == []


def test_every_dependency_is_imported_and_none_is_left_over() -> None:
    imported = {foreign for _, foreign in foreign_imports()}
    assert dependencies() - imported == set()
    assert OWNERS.keys() - imported == set()


@pytest.mark.parametrize("name", sorted(dependencies("celery", "postgres", "dev", "bench")))
def test_every_dependency_is_explained(name: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", page)


def test_nothing_is_imported_relatively() -> None:
    assert [
        module for module, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level
    ] == []


def test_listing_versions_waits_for_no_validator_and_no_upgrade(tmp_path: Path) -> None:
    make_repo(tmp_path / "acme").commit(welcome=steps("hello")).publish("welcome")
    code = (
        "import json, sys; from wflgit.cli.main import run; "
        "code = run(sys.argv[1:]); print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]))"
    )
    command = [sys.executable, "-c", code, "-C", str(tmp_path / "acme"), "log", "welcome"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    status, loaded = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    assert SILENT_AT_START & set(loaded) == set()
