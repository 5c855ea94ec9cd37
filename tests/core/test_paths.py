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
_PIECES = st.sampled_from(
    ["a", "b", "d", "/", "*", "**", "***", "**/", "/**", "/**/", "?", "[ab]", "[!a]", "[^/]", "[a-c]", "[]a]", "[a", "[[:alpha:]]"]
    + [
        "[[:nope:]]",
        "[[:digit:]9]",
        "[a-]",
        "[\\]]",
        "[🚀]",
        "\\",
        "\\*",
        "\\[a\\]",
        "\\/",
        "é",
        "🚀",
        "x y",
        ".json",
        "s",
        "ad",
        "adx",
        "!",
        "-",
    ]
)
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
