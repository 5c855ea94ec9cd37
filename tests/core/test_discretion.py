"""What people and logs get to see of files that hold secrets and private data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from wflgit.core.diff import compare
from wflgit.core.discretion import conceal, conceal_changes, conceal_comparison, conceal_text
from wflgit.core.formats import parse
from wflgit.render.comparison import comparison_lines
from wflgit.render.json import dumps


def export(token: str, **more: Any) -> dict[str, Any]:
    """An n8n export with a request that has its token written into it."""
    ask = {"url": "https://example.com", "options": {"apiKey": token}}
    nodes = [
        {"id": "1", "name": "Start", "type": "n8n-nodes-base.manualTrigger", "parameters": {}},
        {"id": "2", "name": "Ask", "type": "n8n-nodes-base.httpRequest", "parameters": ask},
    ]
    links = {"Start": {"main": [[{"node": "Ask", "type": "main", "index": 0}]]}}
    return {"name": "Leads", "nodes": nodes, "connections": links, **more}


def shown(old: dict[str, Any], new: dict[str, Any]) -> str:
    comparison = compare(parse(json.dumps(old).encode()).graph, parse(json.dumps(new).encode()).graph)
    text = "\n".join("".join(part.text for part in line) for line in comparison_lines(comparison))
    return text + dumps(comparison)


def test_pinned_data_and_literal_secrets_are_not_shown() -> None:
    document = export("sesame", pinData={"Start": [{"json": {"email": "somebody@example.com"}}]})
    assert conceal(document)["pinData"] == "(private)"
    text = conceal_text(json.dumps(document, indent=2), document)
    assert "sesame" not in text
    assert "somebody" not in text
    assert '"apiKey": "(secret)"' in text


def test_all_else_is_shown_as_its_author_wrote_it() -> None:
    document = export("sesame")
    text = json.dumps(document, indent=3).replace('"url"', '"url" ')
    assert conceal_text(text, document) == text.replace('"sesame"', '"(secret)"')


def test_what_hides_nothing_is_the_same_object() -> None:
    document = export("", pinData={})
    assert conceal(document) is document
    assert conceal_text("whatever", document) == "whatever"


def test_a_secret_that_changed_is_told_but_not_shown() -> None:
    said = shown(export("sesame"), export("tahini"))
    assert "sesame" not in said
    assert "tahini" not in said
    assert "(secret)" in said
    assert "(another secret)" in said


def test_the_secret_of_a_new_step_is_not_shown() -> None:
    new = export("sesame")
    old = {**new, "nodes": new["nodes"][:1], "connections": {}}
    assert "sesame" not in shown(old, new)
    assert "sesame" not in shown(new, old)


def test_a_secret_that_stays_is_no_change() -> None:
    old, new = export("sesame"), export("sesame")
    new["nodes"][1]["parameters"]["url"] = "https://example.org"
    assert "secret)" not in shown(old, new).replace('"(secret)"', "")
    assert conceal_comparison(compare(parse(json.dumps(old).encode()).graph, parse(json.dumps(new).encode()).graph))


def test_the_secrets_of_what_steps_share_are_not_shown() -> None:
    tab, broker = {"id": "t1", "type": "tab", "label": "Hall"}, {"id": "b1", "type": "mqtt-broker", "broker": "mqtt.example.com"}
    secret = {**broker, "credentials": {"user": "maya", "password": "sesame"}}
    other = {**broker, "credentials": {"user": "maya", "password": "tahini"}}
    for old, new in (([tab], [tab, secret]), ([tab, secret], [tab]), ([tab, secret], [tab, other]), ([tab, broker], [tab, other])):
        comparison = compare(parse(json.dumps(old).encode()).graph, parse(json.dumps(new).encode()).graph)
        said = dumps(comparison) + str([*comparison_lines(comparison)])
        assert "credentials" in said
        assert "sesame" not in said
        assert "tahini" not in said


def test_the_secrets_of_what_was_done_are_not_shown() -> None:
    old, new = (parse(json.dumps(export(token)).encode()).graph for token in ("sesame", "tahini"))
    comparison = compare(old, new)
    said = dumps(conceal_changes(comparison.changes, new.format))
    assert "(another secret)" in said
    assert "sesame" not in said
    assert "tahini" not in said
    assert "tahini" in dumps(comparison.changes)


def test_a_secret_in_the_condition_of_a_way_is_not_shown() -> None:
    graph = parse(json.dumps(export("x")).encode()).graph
    secrets = [graph.edges[0]._replace(condition={"parameters": {"apiKey": token}}) for token in ("sesame", "tahini")]
    old, new = (replace(graph, edges=(edge, *graph.edges[1:])) for edge in secrets)
    for pair in ((old, new), (old, replace(old, edges=old.edges[1:])), (replace(old, edges=old.edges[1:]), new)):
        comparison = compare(*pair)
        said = dumps(comparison) + dumps(conceal_changes(comparison.changes, "n8n")) + str([*comparison_lines(comparison)])
        assert "secret)" in said
        assert "sesame" not in said
        assert "tahini" not in said
