"""The GitHub action, step by step as GitHub would run it, against a server on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.builders import make_repo, steps
from tests.integrations.forge import PULL, REPOSITORY, TOKEN, Forge, serve
from wflgit.core.snapshot import dump_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.builders import Story

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
FILES = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH")
LABEL = ACTION["inputs"]["approval-label"]["default"]


class Runner:
    """GitHub's machine, with a fresh clone of the repository at the pull request's head.

    Attributes:
        story: the repository that the clone is of.
        forge: the server.
        place: the clone.
    """

    def __init__(self, folder: Path, story: Story, forge: Forge) -> None:
        self.story = story
        self.forge = forge
        self.place = folder / "clone"
        self.temporary = folder / "runner"
        self._files = {name: self.temporary / name.lower() for name in FILES}
        self._pretend_installed()

    def _pretend_installed(self) -> None:
        """In place of the step that installs wflgit: the one under test."""
        program = self.temporary / "wflgit/bin/wflgit"
        program.parent.mkdir(parents=True)
        call = f'{sys.executable} -c "from wflgit.cli.entry import main; main()" "$@"'
        program.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {call}\n")
        program.chmod(0o755)

    def review(self, *labels: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """What the action does when a branch `idea` is to be merged into `main`."""
        base, head = (self.story.git("rev-parse", name).strip() for name in ("main", "idea"))
        if not self.place.exists():
            subprocess.run(["git", "clone", "--quiet", "--depth=1", self.story.path.as_uri(), str(self.place)], check=True)
        self._files["GITHUB_EVENT_PATH"].write_text(json.dumps({"pull_request": {"number": PULL}}))
        self._files["GITHUB_OUTPUT"].write_text("")
        [step] = [step for step in ACTION["runs"]["steps"] if step["name"] == "Review"]
        said = {
            "${{ inputs.token }}": TOKEN,
            "${{ inputs.executions }}": inputs.get("executions", ""),
            "${{ inputs.executions-token }}": "",
            "${{ inputs.fail-on }}": inputs.get("fail_on", ""),
            "${{ inputs.approval-label }}": LABEL,
            "${{ github.event.pull_request.base.ref }}": "main",
            "${{ github.event.pull_request.base.sha }}": base,
            "${{ github.event.pull_request.head.sha }}": head,
            "${{ join(github.event.pull_request.labels.*.name, ',') }}": ",".join(labels),
        }
        environment = {
            **os.environ,
            **{name: said[value] for name, value in step["env"].items()},
            **{name: str(file) for name, file in self._files.items()},
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.forge.address,
        }
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(script, cwd=self.place, env=environment, capture_output=True, text=True, check=False)

    @property
    def outputs(self) -> dict[str, str]:
        """What later steps may ask for."""
        return dict(line.split("=", 1) for line in self._files["GITHUB_OUTPUT"].read_text().splitlines())

    @property
    def summary(self) -> str:
        """What the page of the step shows."""
        return self._files["GITHUB_STEP_SUMMARY"].read_text()


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A pull request that takes out the step at which Ana stands."""
    story = make_repo(tmp_path / "shop")
    story.commit(welcome=steps("hello", "wait", "bye")).publish("welcome").start("welcome", "ana")
    propose(story, steps("wait", "bye"))
    forge = Forge()
    with serve(forge):
        yield Runner(tmp_path, story, forge)


def propose(story: Story, welcome: Any) -> None:
    """Commit to the branch of the pull request."""
    story.git("switch", "--quiet", *([] if story.git("branch", "--list", "idea") else ["--create"]), "idea")
    story.write(welcome=welcome)
    story.git("commit", "--quiet", "--all", "--message", "Change the welcome")
    story.git("switch", "--quiet", "main")


def snapshot(runner: Runner) -> str:
    """A file that says where everybody stands."""
    repo, file = runner.story.repo, runner.temporary / "snapshot.json"
    file.write_text(dump_snapshot(repo.settings.account, repo.executions.counts(), runner.story.clock()))
    return str(file)


@pytest.mark.slow
def test_a_pull_request_gets_one_comment_fails_is_approved_and_fails_again(runner: Runner) -> None:
    forge, known = runner.forge, {"executions": snapshot(runner)}
    first = runner.review(**known)
    assert first.returncode == 1, first.stderr
    assert "::error " in first.stdout
    assert "WFL101" in runner.summary
    assert (runner.outputs["verdict"], runner.outputs["comment"]) == ("failed", "made")
    assert Path(runner.outputs["html"]).read_text().startswith("<!doctype html>")
    assert json.loads(Path(runner.outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert len(forge.comments) == 1

    forge.labels = [LABEL]
    approved = runner.review(LABEL, **known)
    assert approved.returncode == 0, approved.stderr
    assert runner.outputs["verdict"] == "approved"

    broken = steps("wait", "bye")
    broken["steps"]["bye"]["next"] = "nowhere"
    propose(runner.story, broken)
    again = runner.review(LABEL, **known)
    assert again.returncode == 1
    assert (forge.labels, len(forge.comments)) == ([], 1)

    propose(runner.story, steps("hello", "wait", "bye"))
    settled = runner.review(**known)
    assert settled.returncode == 0, settled.stderr
    assert runner.outputs["comment"] == "resolved"
    assert "nothing is left" in forge.comments[0]["body"]


@pytest.mark.slow
def test_from_a_fork_the_review_is_in_the_summary(runner: Runner) -> None:
    runner.forge.may_write = False
    answer = runner.review()
    assert answer.returncode == 1
    assert "the token may not write" in answer.stderr
    assert runner.outputs["comment"] == "not allowed"
    assert "executions are unknown" in runner.summary or "unknown" in runner.summary
    assert runner.forge.comments == []


@pytest.mark.slow
def test_a_label_says_the_level_and_an_input_from_when_on_to_fail(runner: Runner) -> None:
    assert "WFL913" not in runner.review("semver:major").stdout
    assert runner.review(fail_on="off").returncode == 0


def test_every_input_and_output_is_described() -> None:
    for name, said in {**ACTION["inputs"], **ACTION["outputs"]}.items():
        assert said["description"].endswith("."), name


def test_nothing_that_a_stranger_wrote_is_put_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], step["name"]
