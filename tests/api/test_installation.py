"""What `install` writes, and that `uninstall` removes exactly that."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import Story, make_repo
from wflgit.api import installation
from wflgit.api.installation import install, settings, uninstall
from wflgit.core.attributes import BEGIN, END, attribute_lines, with_block, without_block
from wflgit.core.paths import WorkflowPaths
from wflgit.errors import RepositoryError, StateError
from wflgit.git.usergit import Configuration, Scope

if TYPE_CHECKING:
    from wflgit.api.installation import Installation

BLOCK = f"{BEGIN}\n/workflows/**/*.json diff=wflgit merge=wflgit\n{END}\n".encode()
OWN_LINES = {
    "none": None,
    "empty": b"",
    "lines": b"*.png binary\n# mine\n*.json text eol=lf\n",
    "no-final-newline": b"*.png binary\n*.sql text",
    "windows": b"*.png binary\r\n*.sql text\r\n",
    "byte-order-mark": b"\xef\xbb\xbf*.png binary\n",
    "not-utf-8": b"caf\xe9 binary\n\n\n",
    "another-tool": b"# begin: jq\n*.json diff=jq\n# end\n",
}


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "acme")


def configuration(story: Story) -> Configuration:
    return Configuration(Scope.LOCAL, story.repo.workspace.git.git_dir)


def installed(story: Story) -> Installation:
    return install(configuration(story), story.repo.workspace.git, story.repo.settings.paths)


def uninstalled(story: Story) -> Installation:
    return uninstall(configuration(story), story.repo.workspace.git)


def state(story: Story) -> tuple[bytes, bytes | None]:
    """The configuration and the attributes, byte by byte."""
    file = story.path / ".gitattributes"
    return (story.path / ".git" / "config").read_bytes(), file.read_bytes() if file.exists() else None


@pytest.mark.parametrize("own", OWN_LINES.values(), ids=OWN_LINES)
def test_what_install_wrote_is_removed_and_every_other_byte_stays(story: Story, own: bytes | None) -> None:
    if own is not None:
        (story.path / ".gitattributes").write_bytes(own)
    story.git("config", "diff.jq.textconv", "jq .")
    before = state(story)
    done = installed(story)
    assert (done.settings, done.attributes) == (tuple(settings()), str(story.path / ".gitattributes"))
    between = state(story)
    assert between != before
    assert installed(story).settings == ()
    assert state(story) == between
    assert uninstalled(story).settings == tuple(settings())
    assert state(story) == before
    assert uninstalled(story).settings == ()


def test_a_file_of_windows_keeps_its_line_ends_and_a_mark_stays_first() -> None:
    assert with_block(b"a b\r\n", ["x"]).count(b"\r\n") == 4
    assert with_block(b"\xef\xbb\xbfa b\n", ["x"]).startswith(b"\xef\xbb\xbf# begin")


def test_lines_that_the_user_adds_later_stay(story: Story) -> None:
    installed(story)
    file = story.path / ".gitattributes"
    file.write_bytes(b"*.a b\n" + file.read_bytes() + b"*.c d")
    uninstalled(story)
    assert file.read_bytes() == b"*.a b\n*.c d"


def test_a_block_that_a_colleague_committed_is_neither_written_nor_removed(story: Story) -> None:
    (story.path / ".gitattributes").write_bytes(BLOCK)
    assert installed(story).attributes is None
    uninstalled(story)
    assert (story.path / ".gitattributes").read_bytes() == BLOCK


def test_other_paths_replace_the_lines_in_their_place() -> None:
    before = b"*.a b\n" + with_block(b"*.c d\n", ["/old diff=wflgit"])
    after = with_block(before, ["/new diff=wflgit"])
    assert after == b"*.a b\n" + with_block(b"*.c d\n", ["/new diff=wflgit"])
    assert without_block(after) == b"*.a b\n*.c d\n"


def test_what_an_older_wflgit_wrote_is_replaced(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(story)
    with monkeypatch.context() as older:
        older.setattr(installation, "DRIVERS", {"diff": {"textconv": "wflgit outline", "cachetextconv": "true"}})
        installed(story)
    assert installed(story).settings == tuple(settings())
    assert story.git("config", "--get-all", "diff.wflgit.textconv").strip() == settings()["diff.wflgit.textconv"]
    assert "cachetextconv" not in story.git("config", "--list")
    uninstalled(story)
    assert state(story) == before


def test_a_second_driver_is_one_more_entry(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(story)
    drivers = {**installation.DRIVERS, "filter": {"clean": "false"}}
    monkeypatch.setattr(installation, "DRIVERS", drivers)
    installed(story)
    assert story.git("check-attr", "filter", "workflows/a.json") == "workflows/a.json: filter: wflgit\n"
    assert story.git("config", "filter.wflgit.clean") == "false\n"
    uninstalled(story)
    assert state(story) == before


def test_a_setting_of_the_users_own_is_not_touched(story: Story) -> None:
    story.git("config", "diff.wflgit.xfuncname", "^mine")
    before = state(story)
    with pytest.raises(StateError, match=r"'diff.wflgit.xfuncname' is set to '\^mine' already"):
        installed(story)
    assert state(story) == before


def test_a_setting_that_was_changed_since_stays(story: Story) -> None:
    installed(story)
    story.git("config", "diff.wflgit.xfuncname", "^mine")
    assert uninstalled(story).settings == tuple(name for name in settings() if name != "diff.wflgit.xfuncname")
    assert story.git("config", "--get-regexp", "wflgit") == "diff.wflgit.xfuncname ^mine\n"


def test_a_setting_that_was_there_before_stays(story: Story) -> None:
    name = "diff.wflgit.textconv"
    story.git("config", name, settings()[name])
    before = state(story)
    assert installed(story).settings == tuple(other for other in settings() if other != name)
    uninstalled(story)
    assert state(story) == before


def test_attributes_that_are_a_link_are_refused(story: Story, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (story.path / ".gitattributes").symlink_to(tmp_path / "elsewhere")
    before = (story.path / ".git" / "config").read_bytes()
    with pytest.raises(StateError, match="is a link"):
        installed(story)
    assert (story.path / ".git" / "config").read_bytes() == before


def test_a_bare_repository_has_them_in_a_file_of_its_own(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme.git", bare=True)
    git = story.repo.workspace.git
    file = story.path / "info" / "attributes"
    assert installed(story).attributes == str(file)
    assert file.read_bytes() == BLOCK
    assert uninstall(configuration(story), git).attributes == str(file)
    assert not file.exists()


def test_the_users_own_configuration_takes_the_driver_for_all_repositories(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "gitconfig"
    own.write_bytes(b"# mine\n[user]\n\tname = Maya\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    before = state(story)
    assert install(Configuration(Scope.GLOBAL)).settings == tuple(settings())
    assert story.git("config", "diff.wflgit.textconv").strip() == settings()["diff.wflgit.textconv"]
    assert uninstall(Configuration(Scope.GLOBAL)).settings == tuple(settings())
    assert own.read_bytes() == b"# mine\n[user]\n\tname = Maya\n"
    assert state(story) == before


def test_a_configuration_that_cannot_be_read_is_an_error(story: Story) -> None:
    (story.path / ".git" / "config").write_bytes(b"[core\n")
    with pytest.raises(RepositoryError, match="git cannot read its configuration"):
        installed(story)


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("workflows/**/*.json", ["workflows/a.json", "workflows/x/y/ä b.json"], ["a.json", "x/workflows/a.json"]),
        ("*.json", ["a.json"], ["x/a.json"]),
        ("flows", ["flows/a.json", "flows/x/a.json"], ["flowsy", "x/flows/a"]),
        ("flows/", ["flows/a.json"], ["x/flows/a"]),
        ("my flows/*.json", ["my flows/a.json"], ["my/a.json", "flows/a.json"]),
        ('a"b\\[1\\]/*.json', ['a"b[1]/x.json'], ["a/x.json", 'a"b1/x.json']),
        ("!flows/#*.json", ["!flows/#1.json"], ["flows/#1.json"]),
    ],
)
def test_attributes_mean_the_files_that_the_globs_mean(story: Story, glob: str, inside: list[str], outside: list[str]) -> None:
    paths = WorkflowPaths((glob,))
    (story.path / ".gitattributes").write_text("".join(f"{line}\n" for line in attribute_lines(paths, ["diff"], "wflgit")))
    said = subprocess.run(
        ["git", "check-attr", "-z", "diff", *inside, *outside], cwd=story.path, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    chosen = dict(zip(said[::3], said[2::3], strict=False))
    assert [path for path in (*inside, *outside) if chosen[path] == "wflgit"] == inside
    assert [path for path in (*inside, *outside) if paths.slug(path) is not None] == inside


def test_excluded_files_are_shown_as_ever(story: Story) -> None:
    paths = WorkflowPaths(("flows/**",), ("flows/old/**",))
    (story.path / ".gitattributes").write_text("".join(f"{line}\n" for line in attribute_lines(paths, ["diff"], "wflgit")))
    assert story.git("check-attr", "diff", "flows/old/a.json") == "flows/old/a.json: diff: unspecified\n"
