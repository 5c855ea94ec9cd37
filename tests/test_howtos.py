"""The how-to pages: whoever types what they say sees what they show. Real git, real repositories, a real PostgreSQL."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from string import Template
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from wflgit.cli.main import run

DOCS = Path(__file__).parents[1] / "docs"
PARTS = re.compile(r"^```(?P<language>console|sql)\n(?P<text>.*?)^```$|^<!-- (?P<event>.*?) -->$", re.MULTILINE | re.DOTALL)
DIALOGUE = re.compile(r"^\$ (?P<command>.*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
VARIABLE = re.compile(r"\b[0-9a-f]{8,40}\b|\d{4}-\d\d-\d\d( \d\d:\d\d)?")
"""Ids of objects and times: other people's are others."""

PEOPLE = {"maya": "Maya", "ben": "Ben", "ada": "Ada"}
FILE = "workflows/welcome.json"
STEPS = {
    "greet": {"type": "send_email", "config": {"template": "welcome"}, "next": "wait_a_day"},
    "wait_a_day": {"type": "wait", "config": {"duration": "P1D"}, "next": "warm"},
    "warm": {"type": "add_tag", "config": {"tag": "warm"}, "next": None},
}
WELCOME = {"name": "Welcome", "trigger": {"type": "contact_created", "config": {}}, "start": "greet", "steps": STEPS}


class Reader:
    """Somebody who does what a page says. What happens before and besides is told by comments in the page."""

    def __init__(self, folder: Path, environment: pytest.MonkeyPatch, names: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.place = folder
        self.names = names or {}
        self.environment = environment
        environment.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        environment.setenv("GIT_EDITOR", "true")

    # What a page says

    def type(self, command: str) -> str:
        """What a command shows on a terminal, of what is wflgit's to say."""
        for said, meant in self.names.items():
            command = command.replace(said, meant)
        match shlex.split(Template(command).safe_substitute(os.environ)):
            case ["export", setting]:
                self.environment.setenv(*setting.split("=", 1))
            case ["cd", folder]:
                self.place /= folder
            case ["wflgit", *arguments]:
                return self._as_on_the_page(self.wflgit(*arguments))
            case others:
                subprocess.run(others, check=True, cwd=self.place, capture_output=True)
        return ""

    def _as_on_the_page(self, said: str) -> str:
        for name, meant in self.names.items():
            said = said.replace(meant, name)
        return said

    def wflgit(self, *arguments: str) -> str:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with redirect_stdout(stream), redirect_stderr(stream):
            run(["-C", str(self.place), *arguments])
        return stream.buffer.getvalue().decode()

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], check=True, cwd=self.place, capture_output=True)

    # What happens besides

    def make_origin(self, first: str) -> None:
        """A remote that holds `welcome`, and the clone of whoever made it."""
        self.place = self.folder
        self.git("init", "--quiet", "--bare", "--initial-branch=main", f"{first}.git")
        self.git("clone", "--quiet", f"{first}.git", first)
        self.be(first)
        self.wflgit("init", "--account", "acme", "--trunk", "main")
        self.place.joinpath(FILE).parent.mkdir()
        self.write(WELCOME)
        self.wflgit("commit", "welcome", "-m", "Begin")
        self.wflgit("push")

    def clone(self, first: str, name: str) -> None:
        self.place = self.folder
        self.wflgit("clone", f"{first}.git", name)
        self.be(name)

    def be(self, name: str) -> None:
        """Go on as somebody, in the clone of that name."""
        self.place = self.folder / name
        person = PEOPLE.get(name, "Maya")
        self.git("config", "user.name", person)
        self.git("config", "user.email", f"{person.lower()}@example.com")

    def write(self, document: Mapping[str, Any]) -> None:
        self.place.joinpath(FILE).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    def set(self, step: str, field: str, value: str) -> None:
        document = json.loads(self.place.joinpath(FILE).read_text(encoding="utf-8"))
        document["steps"][step]["config"][field] = value
        self.write(document)


Event = Callable[[Reader], None]


def follow(
    page: str,
    reader: Reader,
    events: Mapping[str, Event],
    request: pytest.FixtureRequest,
    query: Callable[[str], None] | None = None,
) -> int:
    """Do all that a page says: what it shows must come. `make golden` writes what comes into the page.

    Returns:
        How many commands there were.
    """
    file = DOCS / page
    text, made, typed = file.read_text(encoding="utf-8"), [], 0
    for part in PARTS.finditer(text):
        if part["event"]:
            events[part["event"]](reader)
        elif part["language"] == "sql" and query is not None:
            query(part["text"])
        for found in DIALOGUE.finditer(part["text"] or "") if part["language"] == "console" else ():
            said, shown, typed = reader.type(found["command"]), found["shown"], typed + 1
            if VARIABLE.sub("", said).strip() != VARIABLE.sub("", shown).strip():
                assert request.config.getoption("--golden-rewrite"), f"{found['command']}\n{said}\n--- the page says:\n{shown}"
                start = part.start("text") + found.start("shown")
                made.append((start, start + len(shown), said))
    for start, end, said in reversed(made):
        text = text[:start] + said + text[end:]
    if made:
        file.write_text(text, encoding="utf-8")
    return typed


# Two people edit one workflow


def edit(who: str, step: str, field: str, value: str) -> Event:
    def event(reader: Reader) -> None:
        reader.be(who)
        reader.set(step, field, value)

    return event


def push_as_ben(reader: Reader) -> None:
    reader.be("ben")
    reader.wflgit("fetch")
    reader.set("greet", "subject", "Good day")
    reader.wflgit("commit", "welcome", "-m", "Greet formally")
    reader.wflgit("push")


def open_pull_requests(step: str, field: str) -> Event:
    """Ada's changes what she says, on the branch `offer`; Ben's, of the subject, is on the trunk already."""

    def event(reader: Reader) -> None:
        reader.be("ada")
        reader.git("switch", "--quiet", "main")
        reader.wflgit("fetch")
        reader.git("switch", "--quiet", "--force-create", "offer")
        reader.set(step, field, "An offer for you")
        reader.git("commit", "--quiet", "--all", "--message", "Make an offer")
        reader.git("push", "--quiet", "--force", "--set-upstream", "origin", "offer")
        reader.be("ben")
        reader.wflgit("fetch")
        reader.set("greet", "subject", "Hello and welcome" if field == "subject" else "Hello")
        reader.wflgit("commit", "welcome", "-m", "Greet")
        reader.wflgit("push")
        reader.be("ada")
        reader.git("fetch", "--quiet")

    return event


TWO_PEOPLE: dict[str, Event] = {
    'maya: the subject "Hello"': edit("maya", "greet", "subject", "Hello"),
    'maya: the subject "Hi"': edit("maya", "greet", "subject", "Hi"),
    "maya": lambda reader: reader.be("maya"),
    'ben: the tag "lead"': edit("ben", "warm", "tag", "lead"),
    'ben has pushed the subject "Good day"': push_as_ben,
    "two pull requests that go together": open_pull_requests("warm", "tag"),
    "two pull requests that do not": open_pull_requests("greet", "subject"),
}


@pytest.mark.slow
def test_two_people_edit_one_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    reader = Reader(tmp_path, monkeypatch)
    reader.make_origin("maya")
    for name in ("ben", "ada"):
        reader.clone("maya", name)
    assert follow("two-people.md", reader, TWO_PEOPLE, request) > 20
    reader.be("maya")
    assert reader.wflgit("fsck") == "all is well\n"


# Recover


def lose_a_tag(reader: Reader) -> None:
    reader.make_origin("repo")
    for subject in ("Hi", "Hello"):
        reader.wflgit("publish", "welcome")
        reader.set("greet", "subject", subject)
        reader.wflgit("commit", "welcome", "-m", f"Say {subject}")
    reader.wflgit("publish", "welcome")
    reader.wflgit("push")
    reader.git("tag", "--delete", "welcome/v3")
    reader.place = reader.folder


def rewrite_the_trunk(reader: Reader) -> None:
    reader.git("reset", "--quiet", "--hard", "welcome/v2")
    reader.place.joinpath("README").write_text("Workflows of acme.\n", encoding="utf-8")
    reader.git("add", "README")
    reader.git("commit", "--quiet", "--message", "Say what this is")


def change_a_row(reader: Reader) -> None:
    with sqlite3.connect(reader.place / ".git/wflgit/store.db") as store:
        store.execute("UPDATE versions SET summary = 'another' WHERE number = 2")


RECOVER: dict[str, Event] = {
    "the tag of version 3 is deleted": lose_a_tag,
    "the trunk is rewritten without version 3": rewrite_the_trunk,
    "a row of the side store is changed": change_a_row,
}


@pytest.mark.slow
def test_recover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    reader = Reader(tmp_path, monkeypatch)
    assert follow("recover.md", reader, RECOVER, request) > 8
    assert reader.wflgit("fsck") == "all is well\n"


# Put it behind a server


@contextmanager
def names_of_our_own(server: str) -> Iterator[dict[str, str]]:
    """What roles and the database of the page are called on the server of the tests; they are gone afterwards."""
    own = f"wflgit_howto_{os.getpid()}"
    roles = {name: f"{own}_{number}" for number, name in enumerate(("wflgit_owner", "wflgit_app", "acme_app"))}
    url = make_url(server).set(database=own, password=None)
    urls = {f"postgresql://{page}@db.example.com/wflgit": url.set(username=role) for page, role in roles.items()}
    try:
        yield {**{page: at.render_as_string() for page, at in urls.items()}, **roles, "DATABASE wflgit": f"DATABASE {own}"}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)".encode())
            for role in roles.values():
                connection.execute(f"DROP ROLE IF EXISTS {role}".encode())


@pytest.mark.slow
def test_put_it_behind_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, postgresql: str
) -> None:
    found: list[tuple[Any, ...]] = []

    def query(text: str) -> None:
        """As a superuser; what is looked at by hand, as the application."""
        looks = text.startswith("BEGIN")
        for name, meant in names.items():
            text = text.replace(name, meant)
        place = names["postgresql://wflgit_app@db.example.com/wflgit"] if looks else postgresql
        with psycopg.connect(place, autocommit=True) as connection:
            for statement in filter(None, map(str.strip, text.split(";"))):
                rows = connection.execute(statement.replace(" LOGIN", " LOGIN PASSWORD 'known'").encode())
                found.extend(rows.fetchall() if rows.description else ())

    with names_of_our_own(postgresql) as names:
        reader = Reader(tmp_path, monkeypatch, names)
        reader.make_origin("maya")
        monkeypatch.setenv("PGPASSWORD", "known")
        assert follow("server.md", reader, {}, request, query) > 5
    assert found == [("welcome", 1, 1)]
