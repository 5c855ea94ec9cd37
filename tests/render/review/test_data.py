"""A review as JSON, and its schema."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from tests.reviews import SECRETS, clean_review, sample_review, unknown_review
from wflgit.core.exposure import UNKNOWN
from wflgit.core.schemas import json_schemas
from wflgit.render.review.data import review_data
from wflgit.render.review.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = json.loads(json_schemas()["review.schema.json"])


def closed(schema: Any) -> Any:
    """The same schema, under which no object has other keys than those described."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    return {**found, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else found


@pytest.mark.parametrize("review", [sample_review(), clean_review(), unknown_review()], ids=["all", "clean", "unknown"])
def test_every_key_of_a_review_is_described_and_there(review: Any) -> None:
    errors = Draft202012Validator(closed(SCHEMA)).iter_errors(json.loads(FORMATS["json"](review)))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_a_review_without_its_verdict_is_none() -> None:
    data = copy.deepcopy(review_data(clean_review()))
    del data["verdict"]
    assert not Draft202012Validator(SCHEMA).is_valid(data)


def test_a_review_in_json(golden: Callable[[str], None]) -> None:
    golden(FORMATS["json"](sample_review()))


def test_unknown_is_null_and_not_zero() -> None:
    workflow = review_data(unknown_review())["workflows"][0]
    assert UNKNOWN.total is None
    assert workflow["executions"] == {"at": None, "upstream": None, "total": None}
    assert workflow["live"] is workflow["at"] is None
    assert {finding["affected"]["total"] for finding in workflow["findings"]} == {None}


def test_counts_leave_out_what_is_ignored_and_consequences() -> None:
    data = review_data(sample_review())
    assert data["counts"] == {"error": 2, "warning": 7, "info": 2}
    assert data["workflows"][-1]["counts"] == {"error": 1, "warning": 2, "info": 1}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "html"])
def test_no_secret_is_in_any_form_and_each_ends_with_a_line_end(name: str) -> None:
    text = FORMATS[name](sample_review())
    assert [secret for secret in SECRETS if secret in text] == []
    assert text.endswith("\n")
    assert not {"\x1b", "\x07", "\u202e"} & {*text}
