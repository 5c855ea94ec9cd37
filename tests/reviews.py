"""A review with all there is to say in one, for tests of what is made of reviews; its records are put together by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tests.builders import steps, to_content
from tests.core.plans import SOURCE, TARGET
from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, compare
from wflgit.core.exposure import NOBODY, UNKNOWN, Affected
from wflgit.core.findings import Finding, fingerprint
from wflgit.core.formats import parse
from wflgit.core.formats.meaning import Worth
from wflgit.core.mapping import map_steps
from wflgit.core.noise import Noise
from wflgit.core.plan import make_plan
from wflgit.core.problems import Severity
from wflgit.core.records import ExecutionStatus
from wflgit.core.review import FileStatus, Level, Review, WorkflowReview
from wflgit.core.settings import Ignore
from wflgit.core.words import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wflgit.core.graph import Graph
    from wflgit.core.plan import Plan

BASE, HEAD = "1a2b3c4d" * 5, "9f8e7d6c" * 5
AS_OF = datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
MADE = datetime(2026, 11, 21, 9, 41, 12, tzinfo=UTC)

SECRETS = ("sk_live_old_4711", "sk_live_new_4712")
"""What no rendering may show."""

HOSTILE = "</script><img src=x onerror=alert(1)>"
HOSTILE_NAMES = {
    "script": f"{HOSTILE} @octocat #12 | `tick`",
    "comment": "--> <!-- wflgit review v1 --> </details>",
    "override": "\u202egnp.exe \x1b[2J\x1b]0;pwned\x07 [click](javascript:alert(1))",
    "percent": "%0A::error file=x,line=1::faked, end",
}
"""Names of steps that a stranger might choose."""

_TAIL = [f"Score {number}" for number in range(1, 13)]


def _export(name: str, steps_of: Mapping[str, Mapping[str, Any]], ways: Mapping[str, Sequence[Sequence[str]]]) -> Graph:
    """An export of n8n: what is said of each step by its name, and for each output of a step where it leads."""
    listed = [
        {"id": f"id-{index}", "name": step, "position": [index * 200, 0], "typeVersion": 1, "parameters": {}, **said}
        for index, (step, said) in enumerate(steps_of.items())
    ]
    connections = {
        source: {"main": [[{"node": target, "type": "main", "index": 0} for target in targets] for targets in outputs]}
        for source, outputs in ways.items()
    }
    return parse(json.dumps({"name": name, "nodes": listed, "connections": connections, "settings": {}}).encode()).graph


def _mail(subject: str) -> dict[str, Any]:
    return {"type": "n8n-nodes-base.emailSend", "parameters": {"subject": subject, "toEmail": "={{ $json.email }}"}}


def _pause(days: int) -> dict[str, Any]:
    return {"type": "n8n-nodes-base.wait", "parameters": {"amount": days, "unit": "days"}}


def _call(token: str) -> dict[str, Any]:
    header = {"parameters": [{"name": "Authorization", "value": token}]}
    return {
        "type": "n8n-nodes-base.httpRequest",
        "parameters": {"url": "https://crm.example/contacts", "headerParameters": header},
    }


def welcome_before() -> Graph:
    """The welcome workflow of the base."""
    return _export(
        "Welcome new leads",
        {
            "Form": {"type": "n8n-nodes-base.formTrigger"},
            "Hello": _mail("Welcome!"),
            "Wait 3 days": _pause(3),
            "Opened?": {"type": "n8n-nodes-base.if", "parameters": {"conditions": {"value": "={{ $json.opened }}"}}},
            "Tell CRM": _call(SECRETS[0]),
            "Nudge": _mail("Still there?"),
            **{step: {"type": "n8n-nodes-base.set", "parameters": {"score": step}} for step in _TAIL},
            "Done": {"type": "n8n-nodes-base.noOp"},
        },
        {
            "Form": [["Hello"]],
            "Hello": [["Wait 3 days"]],
            "Wait 3 days": [["Opened?"]],
            "Opened?": [["Tell CRM"], ["Nudge"]],
            "Tell CRM": [["Score 1"]],
            "Nudge": [["Done"]],
            **{step: [[after]] for step, after in zip(_TAIL, [*_TAIL[1:], "Done"], strict=True)},
        },
    )


def welcome_after() -> Graph:
    """The welcome workflow of the head: a step inserted, one removed, the wait shortened, the secret another one."""
    return _export(
        "Welcome new leads",
        {
            "Form": {"type": "n8n-nodes-base.formTrigger"},
            "Hello": _mail("Welcome!"),
            "Offer": _mail("10 % off, this week only"),
            "Wait 3 days": _pause(1),
            "Opened?": {"type": "n8n-nodes-base.if", "parameters": {"conditions": {"value": "={{ $json.opened }}"}}},
            "Tell CRM": _call(SECRETS[1]),
            **{step: {"type": "n8n-nodes-base.set", "parameters": {"score": step}} for step in _TAIL},
            "Done": {"type": "n8n-nodes-base.noOp"},
        },
        {
            "Form": [["Hello"]],
            "Hello": [["Offer"]],
            "Offer": [["Wait 3 days"]],
            "Wait 3 days": [["Opened?"]],
            "Opened?": [["Tell CRM"], ["Done"]],
            "Tell CRM": [["Score 1"]],
            **{step: [[after]] for step, after in zip(_TAIL, [*_TAIL[1:], "Done"], strict=True)},
        },
    )


def native(*ids: str, name: str, **config: Any) -> Graph:
    """A small workflow of wflgit's own format."""
    return parse(to_content("x", steps(*ids, name=name, **config))).graph


def finding(
    code: str,
    rule: str,
    severity: Severity,
    workflow: str,
    subject: str,
    message: str,
    *,
    advice: str = "look at it",
    affected: Affected = NOBODY,
    place: tuple[int, int] | None = (12, 5),
    path: str | None = None,
    side: str = "head",
    consequences: tuple[Finding, ...] = (),
    ignored: Ignore | None = None,
) -> Finding:
    """A finding; the step is the subject without its first word, if that is `step`."""
    noun, _, id_ = subject.partition(" ")
    line, column = place or (None, None)
    return Finding(
        code,
        rule,
        severity,
        workflow,
        f"workflows/{workflow}.json" if path is None else path,
        subject,
        id_ if noun == "step" else None,
        message,
        advice,
        affected,
        fingerprint(code, workflow, subject, None, message),
        side,
        line,
        column,
        consequences,
        ignored,
    )


def _change(type_: ChangeType, comparison: Comparison, subject: str, *, edges: Sequence[str] = (), **said: Any) -> Change:
    """A change that explains what differs of its subject and steps, and of the ways out of the steps of `edges`."""
    named = {subject, *said.get("steps", ())}
    parts = tuple(part for part in (*comparison.triggers, *comparison.steps, *comparison.goals) if part.id in named)
    ways = tuple(edge for edge in comparison.edges if edge.source in edges)
    fields = parts[0].fields if type_ is ChangeType.STEP_CHANGED else ()
    return Change(type_, subject, parts=parts, edges=ways, fields=fields, **said)


def plan_of(workflow: str, old: Graph, new: Graph, standing: Mapping[str, int]) -> Plan:
    """The plan from version 6 to what the head has, with so many waiting at each step."""
    counts = {(step, ExecutionStatus.WAITING): number for step, number in standing.items()}
    target = replace(TARGET, commit=None)
    return make_plan(workflow, SOURCE, target, (old, new), map_steps(old, new), counts=counts, rules={})


def changed_workflow() -> WorkflowReview:
    """One that loses a step at which 1,284 executions wait."""
    old, new = welcome_before(), welcome_after()
    comparison = compare(old, new, old_name="welcome@1a2b3c4d", new_name="welcome@9f8e7d6c")
    at = {"Nudge": 1284, "Wait 3 days": 311, "Score 5": 40}
    changes = (
        _change(
            ChangeType.STEPS_INSERTED,
            comparison,
            "Offer",
            steps=("Offer",),
            between=("Hello", "Wait 3 days"),
            edges=("Hello", "Offer"),
        ),
        _change(
            ChangeType.STEPS_TAKEN_OUT,
            comparison,
            "Nudge",
            steps=("Nudge",),
            between=("Opened?", "Done"),
            edges=("Opened?", "Nudge"),
        ),
        _change(ChangeType.STEP_CHANGED, comparison, "Wait 3 days"),
        _change(ChangeType.STEP_CHANGED, comparison, "Tell CRM"),
        Change(
            ChangeType.COSMETIC,
            "",
            Worth.COSMETIC,
            noise=Noise(Worth.COSMETIC, ("position",)),
        ),
        Change(ChangeType.VOLATILE, "", Worth.VOLATILE, noise=Noise(Worth.VOLATILE, ("updatedAt", "versionId"))),
    )
    lost = finding(
        "WFL216",
        "error-path-removed",
        Severity.WARNING,
        "welcome",
        "edge Opened? (false)",
        "those for whom 'Opened?' says no are done without a nudge",
        affected=Affected(0, 311),
    )
    findings = (
        finding(
            "WFL101",
            "step-removed-active",
            Severity.ERROR,
            "welcome",
            "step Nudge",
            "step 'Nudge' (emailSend) is gone, and executions stand at it",
            advice="say where they go: `wflgit migrate plan welcome --map Nudge=Done`",
            affected=Affected(1284, 311),
            place=(58, 7),
            side="base",
            consequences=(lost,),
        ),
        finding(
            "WFL402",
            "wait-shortened",
            Severity.WARNING,
            "welcome",
            "step Wait 3 days",
            "the wait at 'Wait 3 days' is 1 day long, not 3 days",
            advice="migrate with `--wait recompute` to let them go on at once, with `keep` to let them wait as promised",
            affected=Affected(311, 0),
            place=(31, 9),
        ),
        finding(
            "WFL507",
            "literal-secret-changed",
            Severity.WARNING,
            "welcome",
            "step Tell CRM",
            "a secret stands literally in the header 'Authorization' of 'Tell CRM'",
            advice="keep it in the credentials of the tool",
            affected=Affected(0, 0),
            place=(47, 11),
        ),
        finding(
            "WFL108",
            "step-added",
            Severity.INFO,
            "welcome",
            "step Offer",
            "step 'Offer' (emailSend) is new; executions before it will come to it",
            advice="see that it may be sent to those who are on the way",
            affected=Affected(0, 0),
            place=(20, 7),
        ),
        finding(
            "WFL505",
            "endpoint-changed",
            Severity.ERROR,
            "welcome",
            "step Tell CRM",
            "step 'Tell CRM' calls another host",
            ignored=Ignore("agreed with operations, OPS-912", date(2026, 12, 31), rule="WFL505", workflow="welcome"),
        ),
    )
    return WorkflowReview(
        "welcome",
        FileStatus.CHANGED,
        "workflows/welcome.json",
        "workflows/welcome.json",
        new.format,
        new.name,
        describe(comparison),
        Level.MINOR,
        "1,284 executions stand at 'Nudge', which is gone, and need a plan",
        changes,
        findings,
        Affected(1595, 0),
        1635,
        (plan_of("welcome", old, new, at),),
        (),
        comparison,
        old,
        new,
        at,
    )


def renamed_workflow() -> WorkflowReview:
    """One whose file was moved and written in another order, and that means the same."""
    graph = native("hello", "wait", "bye", name="Birthday greeting")
    noise = (Noise(Worth.COSMETIC, ("order", "position")),)
    comparison = replace(compare(graph, graph, old_name="birthday@1a2b3c4d", new_name="greetings/birthday@9f8e7d6c"), noise=noise)
    return WorkflowReview(
        "greetings/birthday",
        FileStatus.RENAMED,
        "workflows/greetings/birthday.json",
        "workflows/birthday.json",
        graph.format,
        graph.name,
        ("no change of meaning",),
        Level.PATCH,
        "every live execution finds its place by itself",
        (Change(ChangeType.COSMETIC, "", Worth.COSMETIC, noise=noise[0]),),
        (),
        NOBODY,
        12,
        comparison=comparison,
        old=graph,
        new=graph,
        at={"wait": 12},
    )


def added_workflow() -> WorkflowReview:
    """A new one."""
    graph = native("ask", "invite", name="Referral thanks")
    return WorkflowReview(
        "referral",
        FileStatus.ADDED,
        "workflows/referral.json",
        None,
        graph.format,
        graph.name,
        ("a new workflow of 2 steps",),
        None,
        "nobody is on the way in a new workflow",
        (),
        (
            finding(
                "WFL210",
                "dead-end-introduced",
                Severity.INFO,
                "referral",
                "step ask",
                "'ask' leads nowhere for whom it does not hold",
            ),
        ),
        NOBODY,
        0,
        new=graph,
        at={},
    )


def deleted_workflow() -> WorkflowReview:
    """One whose file is gone, and of which nobody knows whether executions are on it."""
    graph = native("mail", "wait", name="Win back")
    return WorkflowReview(
        "sales/win-back",
        FileStatus.DELETED,
        "workflows/sales/win-back.json",
        "workflows/sales/win-back.json",
        graph.format,
        graph.name,
        ("the workflow is deleted",),
        Level.MAJOR,
        "its executions have nowhere to go, and it is not known whether there are any",
        (),
        (
            finding(
                "WFL314",
                "workflow-deleted",
                Severity.ERROR,
                "sales/win-back",
                "workflow",
                "the workflow is deleted, and it is unknown whether executions are on it",
                advice="see that they end first: `wflgit exec counts sales/win-back`",
                affected=UNKNOWN,
                place=None,
                side="base",
            ),
        ),
        UNKNOWN,
        None,
        old=graph,
        at=None,
    )


def hostile_workflow() -> WorkflowReview:
    """One in whose names a stranger put all that might break out of a rendering."""
    names = [*HOSTILE_NAMES.values()]
    chain = {source: [[target]] for source, target in zip(["Hook", *names], names, strict=False)}
    old = _export(
        HOSTILE, {"Hook": {"type": "n8n-nodes-base.webhook"}, **{name: _mail(name) for name in names[:3]}}, {"Hook": [[names[0]]]}
    )
    new = _export(HOSTILE, {"Hook": {"type": "n8n-nodes-base.webhook"}, **{name: _mail(f"{name}!") for name in names}}, chain)
    comparison = compare(old, new, old_name="hostile@1a2b3c4d", new_name="hostile@9f8e7d6c")
    return WorkflowReview(
        "hostile",
        FileStatus.CHANGED,
        "workflows/hostile.json",
        "workflows/hostile.json",
        new.format,
        new.name,
        describe(comparison),
        Level.PATCH,
        "every live execution finds its place by itself",
        (
            *(_change(ChangeType.STEP_CHANGED, comparison, name) for name in names[:3]),
            _change(ChangeType.STEP_ADDED, comparison, names[3], edges=tuple(names)),
        ),
        tuple(
            finding(
                "WFL509",
                "recipient-changed",
                Severity.WARNING,
                "hostile",
                f"step {name}",
                f"step '{name}' sends to somebody else\nas it seems",
                advice=f"ask @everyone about '{name}'",
                affected=Affected(3, 0),
            )
            for name in names
        ),
        Affected(12, 0),
        12,
        comparison=comparison,
        old=old,
        new=new,
        at=dict.fromkeys(names[:3], 4),
    )


def sample_review() -> Review:
    """A review of five workflows: changed, renamed, added, deleted, and one by a stranger."""
    workflows = (renamed_workflow(), hostile_workflow(), added_workflow(), deleted_workflow(), changed_workflow())
    settings = finding(
        "WFL911",
        "settings-weakened",
        Severity.WARNING,
        "",
        "workflow",
        "the change itself lowers the severity of WFL101",
        path="wflgit.toml",
        place=(9, 1),
    )
    return Review(BASE, HEAD, "origin/main", "HEAD", workflows, (settings,), "side store", AS_OF, "", Severity.ERROR, MADE)


def clean_review() -> Review:
    """A review in which nothing was found: one workflow that means the same as before."""
    return replace(sample_review(), workflows=(renamed_workflow(),), findings=())


def unknown_review() -> Review:
    """A review by somebody who cannot know where executions stand."""
    changed = changed_workflow()
    blind = replace(
        changed,
        findings=tuple(replace(found, affected=UNKNOWN) for found in changed.findings),
        executions=UNKNOWN,
        live=None,
        plans=(),
        at=None,
    )
    reason = "no side store and no snapshot was given"
    return replace(sample_review(), head=None, head_name="", workflows=(blind,), findings=(), source="", as_of=None, unknown=reason)
