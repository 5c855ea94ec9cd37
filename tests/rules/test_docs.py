"""The pages are true: links lead somewhere, examples run, and what the code can say is explained."""

from __future__ import annotations

import ast
import doctest
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.rules import pictures
from wflgit.core import plan_checks, plan_file
from wflgit.core.lifecycle import OPEN
from wflgit.core.mapping import Origin, Way, parse_destination
from wflgit.core.numbering import TagFault
from wflgit.core.plan import Verdict, WaitPolicy
from wflgit.core.records import ItemResult, MigrationStatus, Strategy
from wflgit.store.migration_moves import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Block(NamedTuple):
    line: int
    text: str


def python_blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        if fence["language"] == "python":
            yield Block(text.count("\n", 0, fence.start("text")), fence["text"])


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in LINK.finditer(prose(page)):
        target, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link[0]
        assert file.is_relative_to(ROOT), link[0]
        assert not anchor or anchor in anchors(file), link[0]


def linked(page: Path) -> set[Path]:
    """The pages that a page leads to."""
    targets = (link["target"].partition("#")[0] for link in LINK.finditer(prose(page)))
    found = {(page.parent / target).resolve() for target in targets if target and ":" not in target}
    return {file for place in found for file in (place.glob("*.md") if place.is_dir() else [place]) if file in PAGES}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, new = set[Path](), {ROOT / "README.md"}
    while new:
        reached |= new
        new = {target for page in new for target in linked(page)} - reached
    assert [page_name(page) for page in PAGES if page not in reached | {ROOT / "CHANGELOG.md"}] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "python.md"], ids=page_name)
def test_the_examples_run_and_say_what_they_say(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page run in order, in one folder, with one set of names."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "example"}
    for block in python_blocks(page):
        if ">>> " in block.text:
            run_dialogue(page, block, names)
        else:
            code = compile("\n" * block.line + block.text, str(page), "exec")
            exec(code, names)


def run_dialogue(page: Path, block: Block, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, page.name, str(page), block.line)
    test.globs = names
    said: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def test_the_page_on_python_has_examples() -> None:
    assert len([*python_blocks(ROOT / "docs" / "python.md")]) > 5


def test_every_page_that_the_code_refers_to_exists() -> None:
    named = {
        name
        for file in (ROOT / "wflgit").rglob("*.py")
        for name in re.findall(r"docs/[\w/-]+\.md", file.read_text(encoding="utf-8"))
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def string_calls(file: Path, called: set[str]) -> set[str]:
    """The first arguments, where they are plain texts, of all calls of these names in a file."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {node.args[0].value} if name in called else set()
    return found


def test_every_check_of_fsck_is_explained() -> None:
    checks = string_calls(ROOT / "wflgit" / "api" / "integrity.py", {"Notice"}) | {f"tag-{fault}" for fault in TagFault}
    explained = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "fsck.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(checks)


def test_every_setting_is_explained() -> None:
    reads = {"text", "texts", "list", "optional_text", "names", "number", "choice", "flag", "duration", "day", "tables"}
    keys = string_calls(ROOT / "wflgit" / "core" / "settings.py", reads)
    explained = re.findall(r"^\| `([a-z_.]+)` \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name.rpartition(".")[2] for name in explained) == sorted(keys)


def test_the_table_of_slugs_says_what_the_rule_gives() -> None:
    from wflgit.core.paths import WorkflowPaths

    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    paths = WorkflowPaths(("workflows/**/*.json",), (), frozenset({"stable"}))
    rows = re.findall(r"^\| `(workflows/.+?\.json)` \| `(.+?)` \|$", page, re.MULTILINE)
    others = re.findall(r"^\| `(.+?)` \| `(.+?\.json)` \| `(.+?)` \|$", page, re.MULTILINE)
    assert len(rows) > 10
    assert [(file, paths.slug(file)) for file, _ in rows] == rows
    assert len(others) > 3
    assert [(glob, file, WorkflowPaths((glob,)).slug(file)) for glob, file, _ in others] == others


def test_decisions_are_numbered_without_gaps_and_have_three_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in decisions] == list(range(1, len(decisions) + 1))
    for page in decisions:
        assert re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE) == ["Context", "Decision", "Consequences"]


# Migrations

MIGRATIONS = ROOT / "docs" / "migrations.md"


class Section(NamedTuple):
    """What stands under a heading, from one position of a page to another."""

    begin: int
    end: int

    def block(self, text: str, language: str) -> re.Match[str]:
        """Its first block of a language."""
        return next(fence for fence in FENCE.finditer(text, self.begin, self.end) if fence["language"] == language)

    def rows(self, text: str) -> set[str]:
        """What is explained in its tables: the names in the first columns."""
        first = re.findall(r"^\| ([^|]*`[^|]*) \|", text[self.begin : self.end], re.MULTILINE)
        return {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}


def sections(text: str) -> dict[str, Section]:
    """The sections of a page by their headings; what looks like a heading inside of a block is none."""
    blanked = FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)
    titles = list(re.finditer(r"^#+ (.+)$", blanked, re.MULTILINE))
    ends = [*(title.start() for title in titles[1:]), len(text)]
    return {title[1].strip("`"): Section(title.end(), end) for title, end in zip(titles, ends, strict=True)}


@pytest.mark.parametrize(("heading", "language"), pictures.blocks())
def test_what_the_page_on_migrations_shows_is_what_users_see(heading: str, language: str, request: pytest.FixtureRequest) -> None:
    text = MIGRATIONS.read_text(encoding="utf-8")
    block, made = sections(text)[heading].block(text, language), pictures.blocks()[heading, language]
    if request.config.getoption("--golden-rewrite"):
        text = text[: block.start("text")] + made + text[block.end("text") :]
        MIGRATIONS.write_text(text, encoding="utf-8")
        block = sections(text)[heading].block(text, language)
    assert block["text"] == made, "make golden rewrites the block, if this is how it should look"


@pytest.mark.parametrize("heading", pictures.PICTURES)
def test_each_picture_of_a_plan_shows_what_its_heading_says(heading: str) -> None:
    plan = pictures.PICTURES[heading].plan()
    assert {failure.rule for failure in plan.failures} | {loss.kind for loss in plan.losses} == {heading}


def test_no_picture_is_drawn_by_hand() -> None:
    drawn = [fence for fence in FENCE.finditer(MIGRATIONS.read_text(encoding="utf-8")) if fence["language"] == "mermaid"]
    assert len(drawn) == sum(language == "mermaid" for _, language in pictures.blocks())


EXPLAINED: dict[str, set[str]] = {
    "Why a plan is refused": {*plan_checks.RULES, *string_calls(ROOT / "wflgit" / "core" / "chosen.py", {"_stopped"})},
    "What cannot be taken back": {*plan_checks.LOSSES},
    "Plans in pull requests": {*plan_file.RULES, "misplaced-plan", "stale-plan", "unchecked-plan"},
    "Waits": {*WaitPolicy},
    "The life of a migration": {*MigrationStatus},
}


@pytest.mark.parametrize("heading", EXPLAINED)
def test_every_name_that_a_plan_or_migration_can_say_is_explained(heading: str) -> None:
    text = MIGRATIONS.read_text(encoding="utf-8")
    assert sections(text)[heading].rows(text) == EXPLAINED[heading]


def test_every_result_and_every_reason_of_an_execution_is_explained() -> None:
    text = MIGRATIONS.read_text(encoding="utf-8")
    reasons = {*Reason, *Verdict} - {Verdict.MOVE}
    assert sections(text)["What became of each execution"].rows(text) == {*ItemResult} | reasons


def test_every_way_of_an_execution_and_every_origin_of_it_is_explained() -> None:
    text = MIGRATIONS.read_text(encoding="utf-8")
    ways = {parse_destination(name).way for name in sections(text)["Destinations"].rows(text)}
    decided = sections(text)["What decides where a step goes"]
    assert ways == {*Way}
    assert re.findall(r"\(`(\w+)`\)", text[decided.begin : decided.end]) == [*Origin]


def test_every_strategy_and_every_event_of_a_migration_is_told() -> None:
    text = MIGRATIONS.read_text(encoding="utf-8")
    rows = sections(text)["Who is moved, and when"].rows(text)
    assert rows >= {*Strategy}
    told = sections(text)["Progress and events"]
    events = set(re.findall(r"`migration\.(\w+)`", text[told.begin : told.end]))
    ends = {*MigrationStatus} - OPEN
    assert events == {"created", "started", "paused", "resumed", "retried", "undoing"} | ends
