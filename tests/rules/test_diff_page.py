"""The page on what changed is true."""

from __future__ import annotations

import re
from typing import Any

from tests.rules.test_docs import ROOT, python_blocks, run_dialogue
from wflgit.core.changes import ChangeType

PAGE = ROOT / "docs" / "diff.md"


def test_the_examples_say_what_they_say() -> None:
    names: dict[str, Any] = {"__name__": "example"}
    blocks = [*python_blocks(PAGE)]
    for block in blocks:
        run_dialogue(PAGE, block, names)
    assert len(blocks) > 1


def test_every_change_is_explained() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`([^`]+)`", row)) == sorted(ChangeType)
