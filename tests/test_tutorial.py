"""The tutorial on n8n: whoever types what it says sees what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "n8n-tutorial.md"
FILE = "workflows/New leads ✉.json"
PARTS = re.compile(r"^```(?P<language>json|console)\n(?P<text>.*?)^```$|^<!-- in n8n: (?P<edit>.*?) -->$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\b[0-9a-f]{8}\b|\d{4}-\d\d-\d\d( \d\d:\d\d)?")
"""Commit ids and dates: other people's are others."""


def move_a_step(document: dict[str, Any]) -> None:
    document |= {"updatedAt": "2026-02-04T10:00:01.007Z", "versionId": "c0a8e6f1-2b7d-4e0b-9d53-6a1f0e2c7b44"}
    document["nodes"][2]["position"] = [460, 20]


def change_the_workflow(document: dict[str, Any]) -> None:
    document |= {"updatedAt": "2026-02-05T08:00:00.000Z", "versionId": "1f6d3c5e-9a10-4b8f-8a35-7d1c2a9451f3"}
    wait, send = document["nodes"][1:]
    wait["parameters"]["amount"] = 2
    send["name"] = "Send welcome"
    operator = {"type": "boolean", "operation": "true", "singleValue": True}
    condition = {"id": "r1", "leftValue": "={{ $('Send welcome').item.json.opened }}", "rightValue": "", "operator": operator}
    conditions = {"options": {"version": 2}, "combinator": "and", "conditions": [condition]}
    key = "0a4f7c52-6f5e-4d0e-9a54-3f0e6a1f5b04"
    asked = {"parameters": {"conditions": conditions}, "id": key, "name": "Opened?", "position": [680, 0]}
    document["nodes"].append({**asked, "type": "n8n-nodes-base.if", "typeVersion": 2.2})
    document["connections"]["Wait a day"]["main"][0][0]["node"] = "Send welcome"
    document["connections"]["Send welcome"] = {"main": [[{"node": "Opened?", "type": "main", "index": 0}]]}


EDITS: dict[str, Callable[[dict[str, Any]], None]] = {"move a step": move_a_step, "change the workflow": change_the_workflow}


class Reader:
    """Somebody who does what the page says, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = Path(sys.executable).parent
        self.environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "500"}
        self.place = folder / "leads"
        (self.place / "workflows").mkdir(parents=True)
        self.say("git init --quiet -b main && git config user.name Maya && git config user.email maya@example.com")

    def say(self, command: str) -> str:
        """What a command prints, on both streams."""
        answer = subprocess.run(command, shell=True, cwd=self.place, env=self.environment, capture_output=True, text=True)
        return answer.stdout + answer.stderr

    def save(self, content: str) -> None:
        (self.place / FILE).write_text(content, encoding="utf-8")

    def edit(self, what: str) -> None:
        document = json.loads((self.place / FILE).read_text(encoding="utf-8"))
        EDITS[what](document)
        self.save(json.dumps(document, indent=2, ensure_ascii=False))


@pytest.mark.slow
def test_the_tutorial_shows_what_happens(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    dialogues = 0
    for part in PARTS.finditer(PAGE.read_text(encoding="utf-8")):
        if part["edit"]:
            reader.edit(part["edit"])
        elif part["language"] == "json":
            reader.save(part["text"])
        else:
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", part["text"], re.MULTILINE):
                said = reader.say(command)
                assert VARIABLE.sub("", said).strip() == VARIABLE.sub("", shown).strip(), command
                dialogues += 1
    assert dialogues > 15
