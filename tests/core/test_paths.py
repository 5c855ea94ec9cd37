from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wflgit.core.paths import WorkflowPaths

_SEGMENTS = (
    "a",
    "b",
    "ab",
    "a.json",
    "é",
    "🚀",
    "x y",
    "[a]",
    "*",
    "?",
    "-",
    "]",
    "!",
    "^",
    "\\",
    "9",
    "A",
    "a]b",
    "new flows (1)",
)
_FILES = sorted({f"{top}d/{inner}" for top in _SEGMENTS for inner in (*_SEGMENTS, "s/a.json", "s/t/b", "s/🚀/a")} | {*_SEGMENTS})
_LITERALS = ["a", "b", "d", "s", "ad", "adx", "x y", "!", "-", "é", "🚀", ".json", "/", "\\", "\\*", "\\[a\\]", "\\/"]
_WILDCARDS = ["?", "*", "**", "***", "**/", "/**", "/**/", "[ab]", "[!a]", "[^/]", "[a-c]", "[]a]", "[a", "[a-]", "[\\]]", "[🚀]"]
_CLASSES = ["[[:alpha:]]", "[[:nope:]]", "[[:digit:]9]"]
_PIECES = st.sampled_from([*_LITERALS, *_WILDCARDS, *_CLASSES])
_GLOBS = st.lists(_PIECES, min_size=1, max_size=6).map("".join).filter(lambda glob: not glob.startswith("/") and "//" not in glob)


@pytest.fixture(scope="module")
def ask_git(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], set[str]]:
    folder = tmp_path_factory.mktemp("globs")
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    blob = (
        subprocess.run([*git, "hash-object", "-w", "--stdin"], input=b"", capture_output=True, check=True).stdout.decode().strip()
    )
    entries = "".join(f"100644 {blob}\t{path}\0" for path in _FILES)
    subprocess.run([*git, "update-index", "-z", "--index-info"], input=entries.encode(), check=True)

    def ask(glob: str) -> set[str]:
        out = subprocess.run([*git, "ls-files", "-z", "--", f":(glob){glob}"], capture_output=True, check=True).stdout
        return {path.decode() for path in out.split(b"\0") if path}

    return ask


@given(glob=_GLOBS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(glob="ad**/a")
@example(glob="[a]d/?")
@example(glob="ad/s")
@example(glob="ad/s/")
@example(glob="**")
def test_a_glob_matches_what_it_matches_for_git(glob: str, ask_git: Callable[[str], set[str]]) -> None:
    paths = WorkflowPaths((glob,))
    matched = {path for path in _FILES if paths.slug(path) is not None}
    assert matched == ask_git(glob)


@given(glob=_GLOBS)
def test_no_workflow_is_outside_the_folders_of_its_globs(glob: str) -> None:
    paths = WorkflowPaths((glob,))
    for path in _FILES:
        if paths.slug(path) is not None:
            assert path.startswith(tuple(paths.folders()))


@pytest.mark.parametrize(
    ("glob", "path", "slug"),
    [
        ("workflows/**/*.json", "workflows/sales/Welcome!.json", "sales/welcome"),
        ("workflows/**/*.json", "workflows/welcome.json", "welcome"),
        ("**/*.asl.json", "sales/Wel come 🚀.asl.json", "sales/wel-come"),
        ("*/statemachine/*.json", "welcome/statemachine/main.json", "welcome/statemachine/main"),
        ("**/flow.json", "sales/welcome/flow.json", "sales/welcome"),
        (r"flows \[new\]/*.json", "flows [new]/welcome.json", "welcome"),
        ("flows/main.json", "flows/main.json", "flows/main"),
        ("flows", "flows/sales/welcome.json", "flows/sales/welcome"),
    ],
)
def test_a_slug_is_what_the_glob_leaves_open(glob: str, path: str, slug: str) -> None:
    assert WorkflowPaths((glob,)).slug(path) == slug


@pytest.mark.parametrize(
    "path", ["README.md", "workflows/welcome.txt", "other/workflows/welcome.json", "workflows/old/welcome.json"]
)
def test_a_file_that_no_glob_takes_or_one_excludes_is_no_workflow(path: str) -> None:
    assert WorkflowPaths(("workflows/**/*.json",), ("workflows/old/**",)).slug(path) is None


def test_the_first_glob_that_matches_decides() -> None:
    paths = WorkflowPaths(("flows/**/*.json", "**/*.json"))
    assert paths.slug("flows/welcome.json") == "welcome"
    assert paths.slug("more/welcome.json") == "more/welcome"


def test_a_name_that_is_no_text_has_a_slug_all_the_same() -> None:
    assert WorkflowPaths(("*.json",)).slug("gr\udcfc.json") == "gr"


@pytest.mark.parametrize(
    ("globs", "path"),
    [
        (("workflows/**/*.json",), "workflows/sales/welcome.json"),
        (("*/statemachine/*.json", r"flows \[new\]/**/*.json"), "flows [new]/sales/welcome.json"),
        (("**/flow.json",), "sales/welcome/flow.json"),
    ],
)
def test_a_new_workflow_goes_where_a_glob_has_room_for_it(globs: tuple[str, ...], path: str) -> None:
    assert WorkflowPaths(globs).path("sales/welcome") == path


def test_where_no_glob_has_room_there_is_no_path() -> None:
    with pytest.raises(ValueError, match="sales/welcome"):
        WorkflowPaths(("workflows/*.json", "one.json")).path("sales/welcome")


def test_files_of_one_slug_are_listed_together() -> None:
    paths = WorkflowPaths(("workflows/*.json",))
    files = ["workflows/b.json", "workflows/a!.json", "workflows/a.json", "README.md"]
    assert paths.by_slug(files) == {"a": ("workflows/a!.json", "workflows/a.json"), "b": ("workflows/b.json",)}
