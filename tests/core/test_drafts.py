"""The rules of drafts: what a save says of itself, which saves stay, what is too secret to be saved."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from wflgit.core.catalog import BUILT_IN, load_catalog
from wflgit.core.draft_secrets import SecretSearch
from wflgit.core.drafts import KEPT_WHOLE, MOST_SAVES, Save, SaveWords, is_due, kept_saves, parse_save_message, save_message
from wflgit.core.records import Identity
from wflgit.errors import DefinitionError

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MAYA = Identity("Maya", "maya@example.com")
BASE = "9fceb02d0ae598e95dc970b74767f19372d61af8"


def saves(count: int) -> list[Save]:
    """The newest first."""
    return [Save(number, f"{number:040}", "workflows/welcome.json", BASE, None, None, MAYA, AT) for number in range(count, 0, -1)]


@pytest.mark.parametrize(
    "words",
    [
        SaveWords(1, None, None, "", 1),
        SaveWords(7, BASE, None, "", 3),
        SaveWords(12, BASE, 3, "rebased onto version 3", 12),
    ],
)
def test_what_the_message_of_a_save_says_is_read_back(words: SaveWords) -> None:
    assert parse_save_message(save_message("sales/welcome", words)) == words


@pytest.mark.parametrize("message", ["", "Change welcome\n", "Change\n\nWflgit-Action: edit\n", "Change\n\nWflgit-Action: draft\n"])
def test_other_commits_are_no_saves(message: str) -> None:
    assert parse_save_message(message) is None


def test_nothing_is_thinned_out_while_there_is_room() -> None:
    all_of_them = saves(MOST_SAVES - 1)
    assert kept_saves(all_of_them) == all_of_them


def test_a_full_draft_keeps_the_newest_saves_whole_and_of_the_older_ones_every_third_and_the_first() -> None:
    kept = [save.number for save in kept_saves(saves(MOST_SAVES))]
    assert kept[:KEPT_WHOLE] == list(range(MOST_SAVES, MOST_SAVES - KEPT_WHOLE, -1))
    assert {older - younger for younger, older in zip(kept[KEPT_WHOLE:-1], kept[KEPT_WHOLE - 1 : -2], strict=True)} == {3}
    assert kept[-1] == 1
    assert len(kept) <= MOST_SAVES // 2 + 1


def test_what_is_left_alone_for_exactly_as_long_as_it_is_kept_goes() -> None:
    week = timedelta(days=7)
    assert is_due(AT, AT + week, week)
    assert not is_due(AT, AT + week - timedelta(seconds=1), week)


OWN = load_catalog({"ring": b'{"properties": {"pin": {"x-secret": true}, "number": {"type": "string"}}}'}, {})


def native(step: object, **more: object) -> bytes:
    return json.dumps({"steps": {"call": step}, **more}).encode()


@pytest.mark.parametrize(
    "content",
    [
        native({"type": "call_webhook", "config": {"secret_headers": {"X-Key": "5f0c1d"}}}),
        native({"type": "call_webhook", "config": {"headers": {"Authorization": "Bearer 5f0c1d"}}}),
        native({"type": "ring", "config": {"pin": "1234"}}),
        native({}, trigger={"type": "webhook_received", "config": {"secret": "5f0c1d"}}),
        # not finished, so that no type says what is a secret
        native({"type": "call_webho", "config": {"api_key": "5f0c1d"}}),
        native({"password": "5f0c1d"}),
        native({}, authorization="Basic 5f0c1d"),
        b'{"steps": [{"token": "5f0c1d"}]}',
        b'{"password": "5f0c1d"}',
        # broken in the middle
        b'{"steps": {"call": {"config": {"secret_headers": {"X-Key": "5f0c1d"}',
        b'{"steps": {"call": {"config": {"secret_headers": {"X-Key": {"secret": "5f0c1d"}',
        b'{"steps": {"call": {"config": {"clientSecret": "5f0c1d',
        b"{'password': '5f0c1d', ",
        b'{"steps": {"ring": {"config": {"pin": "12',
        b'{"steps": {"call": {"config": {"pass\\u0077ord": "5f0c1d"',
        b'<<<<<<< ours\n{"cookie": "session=5f0c1d"}\n=======',
        b'{"text": "use ghp_' + b"a" * 36 + b'", ',
    ],
)
def test_a_secret_in_plain_text_is_found_however_broken_the_file_is(content: bytes) -> None:
    problems = SecretSearch(OWN).find(content)
    assert [problem.rule for problem in problems] == ["plain-secret"]
    assert problems[0].line
    assert "5f0c1d" not in repr(problems)


@pytest.mark.parametrize(
    "content",
    [
        native({"type": "call_webhook", "config": {"secret_headers": {"X-Key": {"secret": "CRM_KEY"}}, "url": "no address"}}),
        native({"type": "ring", "config": {"pin": {"secret": "PIN"}, "number": "123"}}),
        native({"type": "no_such_type", "config": {"token": "{{ contact.token }}"}}),
        native({"type": "update_field", "config": {"field": "password", "value": "forgotten"}}),
        b'{"steps": {"call": {"config": {"secret_headers": {"X-Key": {"secret": "CRM_KEY"}}, "url": ',
        b'{"steps": {"mail": {"config": {"text": "keep it secret: tell nobody',
        b'{"password": null, "token": ',
        b'{"steps": {',
        b"",
        # a workflow of another format; what is in it is a matter of reviews, as in versions
        b'{"nodes": [{"name": "a", "type": "n8n-nodes-base.set", "parameters": {"password": "5f0c1d"}}], "connections": {}}',
    ],
)
def test_what_is_only_unfinished_or_wrong_is_no_secret(content: bytes) -> None:
    assert SecretSearch(OWN).find(content) == ()


def test_what_is_no_text_is_refused_because_nobody_can_tell() -> None:
    with pytest.raises(DefinitionError, match="UTF-8"):
        SecretSearch(BUILT_IN).find('{"password": "x"}'.encode("utf-16"))


def test_a_search_finds_the_same_the_second_time() -> None:
    search = SecretSearch(BUILT_IN)
    harmless = native({"type": "add_tag", "config": {"tag": "warm"}})
    assert search.find(harmless) == search.find(harmless) == ()
    assert search.find(native({"type": "add_tag", "config": {}, "password": "5f0c1d"}))
