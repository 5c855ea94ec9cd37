from __future__ import annotations

import json
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import Story, make_repo, steps
from wflgit.api.repository import open_repository
from wflgit.core.exposure import UNKNOWN
from wflgit.core.problems import Severity
from wflgit.core.review import FileStatus, Level, Review, Verdict
from wflgit.core.snapshot import dump_snapshot
from wflgit.errors import NotFoundError, RepositoryError, SettingsError, ShallowRepositoryError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A repository with one published workflow and nobody on the way."""
    return make_repo(tmp_path / "shop").commit(welcome=steps("hello", "wait", "bye")).publish("welcome")


def propose(story: Story, branch: str = "idea", **workflows: Any) -> Story:
    """Change workflows on a branch that is not merged; None deletes one."""
    story.git("switch", "--quiet", "--create", branch)
    for slug, definition in workflows.items():
        if definition is None:
            (story.path / f"workflows/{slug}.json").unlink()
        else:
            story.write({slug: definition})
    story.git("add", "--all")
    story.git("commit", "--quiet", "--message", f"Work on {branch}")
    story.git("switch", "--quiet", "main")
    return story


def settle(story: Story, text: str, branch: str | None = None) -> None:
    """Add to the settings, on the trunk or on a branch."""
    if branch:
        story.git("switch", "--quiet", branch)
    file = story.path / "wflgit.toml"
    file.write_text(file.read_text() + text)
    story.git("commit", "--quiet", "--all", "--message", "Settle how changes are reviewed")
    story.git("switch", "--quiet", "main")


def codes(review: Review) -> set[str]:
    """The codes of all findings that count."""
    return {finding.code for finding in review}


def snapshot(story: Story, tmp_path: Path) -> str:
    """A file with where everybody stands."""
    file = tmp_path / "snapshot.json"
    file.write_text(dump_snapshot(story.repo.settings.account, story.repo.executions.counts(), story.clock()))
    return str(file)


def test_a_removed_step_at_which_somebody_stands_fails_a_review(story: Story) -> None:
    story.start("welcome", "ana", "ben")
    review = propose(story, welcome=steps("wait", "bye")).repo.review("main", "idea")
    [workflow] = review.workflows
    [error] = [finding for finding in workflow.findings if finding.severity is Severity.ERROR]
    assert (review.verdict, workflow.status, workflow.workflow) == (Verdict.FAILED, FileStatus.CHANGED, "welcome")
    assert (error.code, error.step, error.side, error.affected.at) == ("WFL101", "hello", "base", 2)
    assert (workflow.live, workflow.executions.total) == (2, 2)
    assert error.line is not None


def test_where_nobody_stands_it_does_not(story: Story) -> None:
    story.start("welcome", "ana")
    story.repo.executions.cancel(story.execution("ana").id)
    review = propose(story, welcome=steps("wait", "bye")).repo.review("main", "idea")
    assert "WFL102" in codes(review)
    assert review.verdict is Verdict.FINDINGS
    assert review.level is Level.PATCH


def test_a_clone_in_which_nobody_was_ever_started_does_not_know_who_is_on_the_way(story: Story) -> None:
    review = propose(story, welcome=steps("wait", "bye")).repo.review("main", "idea")
    assert review.unknown == "this clone's own side store has never seen an execution"
    assert review.workflows[0].executions == UNKNOWN
    assert {"WFL101", "WFL912"} <= codes(review)
    assert review.verdict is Verdict.FAILED


def test_a_snapshot_tells_another_clone(story: Story, tmp_path: Path) -> None:
    story.start("welcome", "ana", "ben")
    propose(story, welcome=steps("wait", "bye"))
    subprocess.run(["git", "clone", "--quiet", str(story.path), str(tmp_path / "clone")], check=True)
    with open_repository(tmp_path / "clone", clock=story.clock) as clone:
        review = clone.review("origin/main", "origin/idea", executions=snapshot(story, tmp_path))
    [workflow] = review.workflows
    assert (review.unknown, workflow.live, workflow.findings[0].affected.at) == ("", 2, 2)
    assert workflow.level is not None
    assert [plan.executions for plan in workflow.plans] == [2]


def test_so_does_one_on_the_network(story: Story, tmp_path: Path) -> None:
    story.start("welcome", "ana")
    propose(story, welcome=steps("wait", "bye"))
    text = (tmp_path / snapshot(story, tmp_path)).read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers.get("Authorization") == "Bearer secret"
            self.send_response(200 if allowed else 401)
            self.end_headers()
            self.wfile.write(text if allowed else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/snapshot.json"
        assert story.repo.review("main", "idea", executions=address, token="secret").workflows[0].live == 1
        with pytest.raises(StoreError, match="answered 401") as caught:
            story.repo.review("main", "idea", executions=address)
        server.shutdown()
        thread.join()
    assert caught.value.hint == "set WFLGIT_EXECUTIONS_TOKEN"
    with pytest.raises(StoreError, match="cannot read the snapshot at"):
        story.repo.review("main", "idea", executions=address)


def test_a_snapshot_that_cannot_be_read_is_an_error_and_no_clean_answer(story: Story, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read the snapshot"):
        story.repo.review("main", "main", executions=str(tmp_path / "none.json"))
    other = tmp_path / "other.json"
    other.write_text(dump_snapshot("another", [], story.clock()))
    with pytest.raises(StoreError, match="is a snapshot of account 'another', but this repository is 'acme'"):
        story.repo.review("main", "main", executions=str(other))


def test_an_old_snapshot_counts_as_unknown_where_the_settings_say_so(story: Story, tmp_path: Path) -> None:
    settle(story, '\n[review]\nmax_age = "PT1H"\nrequire_executions = true\n')
    story.start("welcome", "ana")
    file = snapshot(story, tmp_path)
    propose(story, welcome=steps("hello", "wait", "bye", "more"))
    assert story.repo.review("main", "idea", executions=file).unknown == ""
    story.clock.tick(timedelta(hours=2))
    review = story.repo.review("main", "idea", executions=file)
    assert "older than" in review.unknown
    assert [finding.code for finding in review if finding.severity is Severity.ERROR] == ["WFL912"]


def test_what_the_base_got_meanwhile_is_not_under_review(story: Story) -> None:
    propose(story, welcome=steps("hello", "wait", "bye", "more"))
    story.commit(news=steps("a"))
    assert [workflow.workflow for workflow in story.repo.review("main", "idea").workflows] == ["welcome"]
    direct = story.repo.review("main", "idea", from_merge_base=False)
    assert [(found.workflow, found.status) for found in direct.workflows] == [
        ("news", FileStatus.DELETED),
        ("welcome", FileStatus.CHANGED),
    ]


def test_nothing_that_differs_is_clean(story: Story) -> None:
    review = story.repo.review("main", "main")
    assert (review.workflows, review.findings, review.verdict) == ((), (), Verdict.CLEAN)


def test_a_new_workflow_is_an_info_and_has_no_level(story: Story) -> None:
    review = propose(story, news=steps("a", "b")).repo.review("main", "idea")
    [workflow] = review.workflows
    assert (workflow.status, workflow.level, workflow.old_path) == (FileStatus.ADDED, None, None)
    assert codes(review) == {"WFL909"}


def test_a_deleted_workflow_leaves_behind_who_is_on_the_way(story: Story) -> None:
    story.start("welcome", "ana")
    review = propose(story, welcome=None).repo.review("main", "idea")
    [workflow] = review.workflows
    assert (workflow.status, workflow.level, workflow.path) == (FileStatus.DELETED, Level.MAJOR, "workflows/welcome.json")
    assert [(finding.code, finding.severity, finding.affected.total) for finding in workflow.findings] == [
        ("WFL908", Severity.ERROR, 1)
    ]


def test_a_renamed_one_too(story: Story) -> None:
    story.start("welcome", "ana")
    story.git("switch", "--quiet", "--create", "idea")
    story.git("mv", "workflows/welcome.json", "workflows/greeting.json")
    story.git("commit", "--quiet", "--message", "Rename")
    story.git("switch", "--quiet", "main")
    review = story.repo.review("main", "idea")
    [workflow] = review.workflows
    assert (workflow.status, workflow.workflow, workflow.level) == (FileStatus.RENAMED, "greeting", Level.MAJOR)
    assert (workflow.old_path, workflow.path) == ("workflows/welcome.json", "workflows/greeting.json")
    assert "WFL910" in codes(review)


def test_a_file_that_only_looks_otherwise_means_the_same(story: Story) -> None:
    text = json.dumps(json.loads((story.path / "workflows/welcome.json").read_text()), indent=7)
    review = propose(story, welcome=text).repo.review("main", "idea")
    [workflow] = review.workflows
    assert (workflow.status, workflow.level) == (FileStatus.SAME, Level.PATCH)
    assert codes(review) - {"WFL912"} == {"WFL902"}


def test_a_file_that_cannot_be_read_fails_a_review(story: Story) -> None:
    review = propose(story, welcome='{"name": "x", }').repo.review("main", "idea")
    assert "WFL901" in codes(review)
    assert review.verdict is Verdict.FAILED


def test_so_does_one_with_conflict_markers_whatever_is_ignored(story: Story) -> None:
    settle(story, '\n[[review.ignore]]\nrule = "WFL903"\nreason = "x"\nuntil = 2099-01-01\n')
    review = propose(story, welcome="<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n").repo.review("main", "idea")
    assert "WFL903" in codes(review)


def test_what_becomes_readable_is_reviewed_as_a_whole(story: Story) -> None:
    story.git("switch", "--quiet", "main")
    story.write(broken="{")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Break")
    review = propose(story, broken=steps("a")).repo.review("main", "idea")
    assert "WFL914" in codes(review)


def test_an_error_that_the_base_did_not_have_is_told_at_its_line(story: Story) -> None:
    broken = steps("hello", "wait", "bye")
    broken["steps"]["hello"]["next"] = "nowhere"
    review = propose(story, welcome=broken).repo.review("main", "idea")
    [invalid] = [finding for finding in review if finding.code == "WFL904"]
    assert "nowhere" in invalid.message
    assert invalid.line is not None


def test_the_settings_of_the_base_hold_and_a_change_that_weakens_them_is_told(story: Story) -> None:
    story.start("welcome", "ana")
    propose(story, welcome=steps("wait", "bye"))
    settle(story, '\n[review]\nfail_on = "off"\n[review.severity]\nWFL101 = "off"\n', branch="idea")
    review = story.repo.review("main", "idea")
    assert review.verdict is Verdict.FAILED
    assert {"WFL101", "WFL911"} <= codes(review)
    assert {finding.subject for finding in review.findings} == {"settings review.fail_on", "settings review.severity.WFL101"}


def test_what_the_base_accepts_does_not_count_and_is_still_there(story: Story) -> None:
    settle(story, '\n[[review.ignore]]\nrule = "WFL101"\nworkflow = "welcome"\nstep = "hello"\nreason = "ok"\nuntil = 2026-02-01\n')
    story.start("welcome", "ana")
    propose(story, welcome=steps("wait", "bye"))
    review = story.repo.review("main", "idea")
    assert "WFL101" not in codes(review)
    [ignored] = [finding for finding in review.workflows[0].findings if finding.ignored]
    assert (ignored.code, ignored.ignored and ignored.ignored.reason) == ("WFL101", "ok")
    story.clock.tick(timedelta(days=60))
    assert {"WFL101", "WFL906"} <= codes(story.repo.review("main", "idea"))


def test_a_fingerprint_stays_though_lines_and_numbers_change(story: Story) -> None:
    story.start("welcome", "ana")
    propose(story, welcome=steps("wait", "bye"))
    [first] = [found.fingerprint for found in story.repo.review("main", "idea") if found.code == "WFL101"]
    settle(story, f'\n[[review.ignore]]\nfingerprint = "{first}"\nreason = "ok"\nuntil = 2099-01-01\n')
    story.start("welcome", "ben")
    story.git("switch", "--quiet", "idea")
    story.git("rebase", "--quiet", "main")
    story.git("switch", "--quiet", "main")
    assert "WFL101" not in codes(story.repo.review("main", "idea"))


def test_what_hides_nothing_is_told(story: Story) -> None:
    settle(story, '\n[[review.ignore]]\nrule = "WFL701"\nworkflow = "welcome"\nreason = "x"\nuntil = 2099-01-01\n')
    assert "WFL907" in codes(propose(story, welcome=steps("hello", "wait", "bye", "x")).repo.review("main", "idea"))


def test_a_rule_can_be_taken_for_better_or_worse(story: Story) -> None:
    settle(story, '\n[review.severity]\nstep-removed-active = "warning"\nWFL912 = "off"\n')
    review = propose(story, welcome=steps("wait", "bye")).repo.review("main", "idea")
    assert {finding.severity for finding in review if finding.code == "WFL101"} == {Severity.WARNING}
    assert "WFL912" not in codes(review)


def test_a_rule_that_is_misspelt_in_the_settings_is_an_error(story: Story) -> None:
    settle(story, '\n[review.severity]\nstep-removed-activ = "off"\n')
    with pytest.raises(SettingsError, match="no rule 'step-removed-activ'"):
        story.repo.review("main", "main")


def test_a_pull_request_may_not_say_less_than_it_asks_for(story: Story) -> None:
    story.start("welcome", "ana")
    propose(story, welcome=None)
    assert "WFL913" in codes(story.repo.review("main", "idea", semver=Level.MINOR))
    assert "WFL913" not in codes(story.repo.review("main", "idea", semver=Level.MAJOR))
    assert "WFL913" not in codes(story.repo.review("main", "idea"))
    settle(story, '\n[review]\nsemver = "label"\n')
    assert "WFL913" in codes(story.repo.review("main", "idea", from_merge_base=False))


def test_it_may_say_so_in_a_file(story: Story) -> None:
    settle(story, '\n[review]\nsemver = "file"\n')
    story.start("welcome", "ana")
    propose(story, welcome=None)
    assert "WFL913" in codes(story.repo.review("main", "idea"))
    story.git("switch", "--quiet", "idea")
    (story.path / "changes").mkdir()
    (story.path / "changes/welcome.md").write_text("Major: nobody is greeted any more\n")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Say so")
    story.git("switch", "--quiet", "main")
    assert "WFL913" not in codes(story.repo.review("main", "idea"))


def test_a_workflow_that_did_not_change_is_told_when_what_it_calls_is_gone(story: Story) -> None:
    caller = steps("hello")
    caller["steps"]["hello"] = {"type": "start_workflow", "config": {"workflow": "welcome"}, "next": None}
    story.commit(caller=caller)
    review = propose(story, welcome=None).repo.review("main", "idea")
    [finding] = [finding for finding in review.findings if finding.code == "WFL803"]
    assert (finding.workflow, finding.path) == ("caller", "workflows/caller.json")


def test_two_files_with_one_slug_are_told(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "idea")
    (story.path / "workflows/Welcome.json").write_text((story.path / "workflows/welcome.json").read_text())
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Copy")
    story.git("switch", "--quiet", "main")
    assert "WFL915" in codes(story.repo.review("main", "idea"))


def test_the_working_tree_can_be_reviewed_before_anything_is_committed(story: Story) -> None:
    story.start("welcome", "ana")
    story.write(welcome=steps("wait", "bye"), news=steps("a"))
    review = story.repo.review("main", "worktree")
    assert review.head is None
    assert [(found.workflow, found.status) for found in review.workflows] == [
        ("news", FileStatus.ADDED),
        ("welcome", FileStatus.CHANGED),
    ]
    assert "WFL101" in codes(review)


def test_a_plan_that_comes_with_the_change_and_cannot_be_carried_out_is_told(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "idea")
    plan = story.path / "migrations/welcome/v1..v2.json"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")
    story.write(welcome=steps("wait", "bye"))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Plan")
    story.git("switch", "--quiet", "main")
    [finding] = [finding for finding in story.repo.review("main", "idea") if finding.code == "WFL905"]
    assert "migrations/welcome/v1..v2.json" in finding.message


def test_a_commit_that_is_not_there_is_an_error(story: Story) -> None:
    with pytest.raises(NotFoundError, match="there is no commit 'idea'"):
        story.repo.review("main", "idea")
    story.git("remote", "add", "origin", "https://example.com/shop.git")
    with pytest.raises(NotFoundError) as caught:
        story.repo.review("origin/main", "main")
    assert caught.value.hint == "fetch it: git fetch origin +refs/heads/main:refs/remotes/origin/main"


def test_so_is_a_shallow_clone_that_does_not_reach_back(story: Story, tmp_path: Path) -> None:
    propose(story, welcome=steps("wait", "bye"))
    story.commit(news=steps("a"))
    shallow = tmp_path / "shallow"
    command = ["git", "clone", "--quiet", "--depth=1", "--no-single-branch", story.path.as_uri(), str(shallow)]
    subprocess.run(command, check=True)
    with open_repository(shallow, clock=story.clock) as clone, pytest.raises(ShallowRepositoryError, match="parted"):
        clone.review("origin/main", "origin/idea")


def test_so_are_commits_that_have_nothing_in_common(story: Story) -> None:
    story.git("switch", "--quiet", "--orphan", "other")
    story.git("commit", "--quiet", "--allow-empty", "--message", "Begin anew")
    story.git("switch", "--quiet", "main")
    with pytest.raises(RepositoryError, match="have no commit in common"):
        story.repo.review("main", "other")


def test_files_of_other_tools_are_reviewed_too(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "machines", paths=["machines/*.asl.json"])
    machine = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Next": "Bye"}, "Bye": {"Type": "Succeed"}}}
    story.commit(order=json.dumps(machine)).publish("order").start("order", "ana")
    story.git("switch", "--quiet", "--create", "idea")
    less = {"StartAt": "Bye", "States": {"Bye": {"Type": "Succeed"}}}
    story.write(order=json.dumps(less))
    story.git("commit", "--quiet", "--all", "--message", "Say no hello")
    story.git("switch", "--quiet", "main")
    [workflow] = story.repo.review("main", "idea").workflows
    assert workflow.format == "asl"
    assert "WFL101" in {finding.code for finding in workflow.findings}


def iterate(review: Review) -> Iterator[str]:
    """All messages, consequences too."""
    for finding in review:
        yield finding.message
        yield from (each.message for each in finding.consequences)


def test_a_secret_is_in_no_message(story: Story) -> None:
    before = steps("hello")
    before["steps"]["hello"] = {"type": "call_webhook", "config": {"url": "https://a.example.com"}, "next": None}
    story.commit(hook=before)
    after = json.loads(json.dumps(before))
    after["steps"]["hello"]["config"]["headers"] = {"Authorization": "Bearer sk_live_abcdefghijklmnop"}
    review = propose(story, hook=after).repo.review("main", "idea")
    assert "sk_live" not in " ".join(iterate(review))


def test_an_id_that_meant_another_step_once_is_told(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait", "gift", "bye")).commit(welcome=steps("hello", "wait", "bye"))
    again = steps("hello", "wait", "gift", "bye")
    again["steps"]["gift"] = {"type": "send_sms", "config": {"text": "A gift"}, "next": "bye"}
    assert "WFL110" in codes(propose(story, "again", welcome=again).repo.review("main", "again"))
    same = propose(story, "same", welcome=steps("hello", "wait", "gift", "bye"))
    assert "WFL110" not in codes(same.repo.review("main", "same"))


def test_what_only_an_export_wrote_anew_is_told_as_that(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "leads", paths=["flows/*.json"])
    lead = {"name": "Lead", "nodes": [], "connections": {}, "updatedAt": "2026-01-01", "active": False}
    lead["nodes"] = [
        {"name": "Start", "type": "n8n-nodes-base.manualTrigger", "parameters": {}, "position": [0, 0], "typeVersion": 1}
    ]
    story.commit(lead=json.dumps(lead))
    story.git("switch", "--quiet", "--create", "idea")
    story.write(lead=json.dumps({**lead, "updatedAt": "2026-02-02"}))
    story.git("commit", "--quiet", "--all", "--message", "Export")
    story.git("switch", "--quiet", "main")
    [workflow] = story.repo.review("main", "idea").workflows
    assert workflow.status is FileStatus.SAME
    assert [(str(change.type), change.noise and change.noise.fields) for change in workflow.changes] == [
        ("volatile", ("updatedAt",))
    ]


def test_what_an_incomplete_snapshot_does_not_tell_of_is_unknown(story: Story, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    told = json.loads(dump_snapshot("acme", [], story.clock()))
    file.write_text(json.dumps({**told, "complete": False}))
    propose(story, welcome=steps("wait", "bye"))
    review = story.repo.review("main", "idea", executions=str(file))
    [finding] = [finding for finding in review if finding.code == "WFL912"]
    assert finding.message == "the live executions are unknown: the snapshot does not tell of 'welcome'"


def test_a_plan_for_a_workflow_that_there_is_not_is_told(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "idea")
    plan = story.path / "migrations/nobody/v1..v2.json"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Plan")
    story.git("switch", "--quiet", "main")
    [finding] = story.repo.review("main", "idea").findings
    assert (finding.code, finding.workflow) == ("WFL905", "nobody")


def test_a_renamed_and_edited_workflow_is_one_and_an_unrelated_one_is_another(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "idea")
    (story.path / "workflows/welcome.json").unlink()
    story.write(greeting=steps("hello", "wait", "bye", "more"))
    story.git("add", "--all")
    story.git("commit", "--quiet", "--message", "Rename and edit")
    [found] = story.repo.review("main", "idea").workflows
    assert (found.workflow, found.status, found.old_path) == ("greeting", FileStatus.RENAMED, "workflows/welcome.json")
    story.write(greeting={**steps("news"), "steps": {"news": {"type": "send_sms", "config": {"text": "Hi"}, "next": None}}})
    story.git("commit", "--quiet", "--all", "--message", "Something else")
    review = story.repo.review("main", "idea")
    assert [(found.workflow, found.status) for found in review.workflows] == [
        ("greeting", FileStatus.ADDED),
        ("welcome", FileStatus.DELETED),
    ]


def test_files_that_are_no_workflows_are_not_read(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "idea")
    (story.path / "large.bin").write_bytes(b"\0" * 100_000)
    story.git("add", "--all")
    story.git("commit", "--quiet", "--message", "Add a large file")
    blob = story.git("rev-parse", "HEAD:large.bin").strip()
    (story.path / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()
    assert story.repo.review("main", "idea").workflows == ()


def test_what_is_canonical_readable_and_as_it_was_is_not_told(story: Story) -> None:
    review = propose(story, welcome=steps("hello", "wait", "bye", "more")).repo.review("main", "idea")
    assert not codes(review) & {
        "WFL901",
        "WFL902",
        "WFL903",
        "WFL904",
        "WFL905",
        "WFL908",
        "WFL909",
        "WFL910",
        "WFL911",
        "WFL914",
        "WFL915",
    }


def test_a_file_that_cannot_be_read_is_renamed_too(story: Story) -> None:
    story.write(broken="{")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Break")
    story.git("switch", "--quiet", "--create", "idea")
    story.git("mv", "workflows/broken.json", "workflows/damaged.json")
    story.git("commit", "--quiet", "--message", "Rename")
    [found] = story.repo.review("main", "idea").workflows
    assert (found.workflow, found.status) == ("damaged", FileStatus.RENAMED)


def test_what_lies_beside_the_workflows_of_a_working_tree_is_not_read(story: Story) -> None:
    with (story.path / "huge.bin").open("wb") as file:
        file.truncate(1 << 40)  # takes no room, and no machine could read it
    story.write(welcome=steps("wait", "bye"))
    assert [found.workflow for found in story.repo.review("main", "worktree").workflows] == ["welcome"]


def test_a_token_for_an_address_is_for_that_host_only(story: Story) -> None:
    seen: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(302 if self.path == "/snapshot" else 200)
            self.send_header("Location", f"http://127.0.0.2:{server.server_port}/other")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        with pytest.raises(StoreError):
            story.repo.review("main", "main", executions=f"http://127.0.0.1:{server.server_port}/snapshot", token="secret")
        server.shutdown()
        thread.join()
    assert seen == ["Bearer secret", None]
