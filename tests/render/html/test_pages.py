"""Pages as files: what they say, that nothing foreign is obeyed in them, and that they allow themselves no more than they need."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.render.html.outline import outline, read
from tests.render.html.samples import HOSTILE, PAGES
from tests.reviews import SECRETS, added_workflow, changed_workflow, deleted_workflow, sample_review, welcome_after
from wflgit.core.problems import Problem, Severity
from wflgit.core.review import FileStatus
from wflgit.errors import WflgitError
from wflgit.render.html.layout import arrange
from wflgit.render.html.review import review_html

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = pytest.mark.parametrize("name", PAGES)


def test_a_review_as_a_page(golden: Callable[[str], None]) -> None:
    golden(outline(PAGES["review"]()))


def test_a_history_as_a_page(golden: Callable[[str], None]) -> None:
    golden(outline(PAGES["log"]()))


def test_a_plan_as_a_page(golden: Callable[[str], None]) -> None:
    golden(outline(PAGES["plan-refused"]()))


@EVERY
def test_a_page_is_the_same_each_time_it_is_made(name: str) -> None:
    assert PAGES[name]() == PAGES[name]()


@EVERY
def test_the_policy_allows_the_one_style_and_the_one_script_and_nothing_else(name: str) -> None:
    reader = read(PAGES[name]())
    policy = next(said["content"] for tag, said in reader.tags if said.get("http-equiv") == "Content-Security-Policy")
    hashes = {
        tag: [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts]
        for tag, texts in reader.inline.items()
    }
    assert len(hashes["style"]) == len(hashes["script"]) == 1
    assert policy is not None
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {hashes['style'][0]}",
        f"script-src {hashes['script'][0]}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@EVERY
def test_a_page_loads_nothing_and_has_no_style_or_script_in_an_attribute(name: str) -> None:
    for tag, said in read(PAGES[name]()).tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "image", "use", "foreignobject"), tag
        assert not {"src", "srcset", "style", "data", "action", "formaction"} & said.keys(), (tag, said)
        assert not [key for key in said if key.startswith("on")], (tag, said)
        assert said.get("href", "#").startswith("#"), (tag, said)  # type: ignore[union-attr]


@EVERY
def test_ids_are_there_once_and_what_is_named_by_id_is_there(name: str) -> None:
    tags = read(PAGES[name]()).tags
    ids = [said["id"] for _, said in tags if "id" in said]
    named = [
        word
        for _, said in tags
        for key in ("aria-labelledby", "for", "marker-end", "href")
        for word in (said.get(key) or "").replace("url(#", "").replace(")", "").split()
    ]
    assert len(ids) == len({*ids})
    assert {word.removeprefix("#") for word in named} <= {*ids}


@EVERY
def test_no_text_brings_markup_or_a_character_that_nobody_sees(name: str) -> None:
    page = PAGES[name]()
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", page)


def test_names_of_strangers_are_shown_as_they_are_and_apart_from_what_is_around_them() -> None:
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in PAGES["log"]()
    page = PAGES["review"]()
    assert "<bdi>\\u202egnp.exe \\x1b[2J" in page
    assert HOSTILE not in page


@EVERY
def test_no_secret_is_in_a_page(name: str) -> None:
    page = PAGES[name]()
    assert not [secret for secret in SECRETS if secret in page]


def test_no_secret_of_a_workflow_that_came_or_went_is_in_a_page() -> None:
    graph = welcome_after()
    came = replace(added_workflow(), new=graph, format=graph.format)
    went = replace(deleted_workflow(), old=graph, format=graph.format)
    page = review_html(replace(sample_review(), workflows=(came, went)))
    assert "(secret)" in page
    assert not [secret for secret in SECRETS if secret in page]


def test_a_deleted_workflow_is_drawn_with_all_its_steps_gone() -> None:
    page = review_html(replace(sample_review(), workflows=(deleted_workflow(),)))
    assert page.count('class="box step action removed"') == 1
    assert page.count('class="box step wait removed"') == 1
    assert page.count('class="box trigger trigger removed"') == 1


def test_what_is_wrong_with_a_definition_is_said() -> None:
    problem = Problem("unknown-step", Severity.ERROR, "expected a step but found 'x'", line=7, hint="did you mean `y`?")
    page = review_html(replace(sample_review(), workflows=(replace(changed_workflow(), problems=(problem,)),)))
    assert "expected a step but found &#39;x&#39;" in page
    assert "did you mean <code>y</code>?" in page


def test_a_file_that_means_the_same_has_neither_drawing_nor_cards() -> None:
    same = replace(next(one for one in sample_review().workflows if one.status is FileStatus.RENAMED), status=FileStatus.SAME)
    page = review_html(replace(sample_review(), workflows=(same,)))
    assert "<svg" not in page
    assert "same meaning" in page
    assert "only for the eye: order, position" in page


def test_the_workflow_with_the_worst_findings_comes_first() -> None:
    names = re.findall(r'<h2 id="w\d-name"><bdi>(.+?)</bdi>', PAGES["review"]())
    assert names == ["welcome", "sales/win-back", "hostile", "referral", "greetings/birthday"]


def test_unknown_executions_are_not_said_to_be_none() -> None:
    page = PAGES["review-unknown"]()
    assert "Unknown is not zero" in page
    assert "executions unknown" in page
    assert "no executions" not in page


def test_the_sample_is_a_small_file() -> None:
    assert len(PAGES["review"]().encode()) < 200_000


def test_a_missing_layout_library_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "igraph", None)
    with pytest.raises(WflgitError, match="need the package 'igraph'") as caught:
        arrange(1, [])
    assert caught.value.hint == "pip install 'wflgit[html]'"


def test_missing_templates_are_said_with_what_to_install() -> None:
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from wflgit.render.html.page import page; from wflgit.errors import WflgitError\n"
        "try: page('review', '', {})\n"
        "except WflgitError as error: print(error.message, '/', error.hint)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "HTML pages need the package 'jinja2' / pip install 'wflgit[html]'\n"


def test_neither_library_is_imported_with_the_modules() -> None:
    code = (
        "import sys, wflgit.render.html.review, wflgit.render.html.log, wflgit.render.html.plan\n"
        "print({'jinja2', 'igraph'} & {*sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"
