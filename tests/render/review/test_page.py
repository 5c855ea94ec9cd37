"""What docs/review-formats.md shows is what users see."""

from __future__ import annotations

import re
from pathlib import Path

from tests.reviews import sample_review
from wflgit.render.review import markdown
from wflgit.render.review.formats import FORMATS
from wflgit.render.review.terminal import review_lines
from wflgit.render.text import plain

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "review-formats.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def shown(form: str) -> str:
    """What a form is made of, from which its example is taken."""
    if form == "terminal":
        return plain(review_lines(sample_review()))
    if form == "mermaid":
        name = "of_two_revisions_the_changes_are_drawn_with_those_who_stand_there.txt"
        return (ROOT / "tests" / "cli" / "golden" / name).read_text(encoding="utf-8")
    return FORMATS[form](sample_review())


def test_every_form_has_a_section() -> None:
    assert SECTIONS.keys() == {"terminal", *FORMATS}


def test_the_lines_of_every_example_are_those_of_the_form() -> None:
    examples = {form: re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) for form, text in SECTIONS.items()}
    assert sum(map(len, examples.values())) > 6
    for form, blocks in examples.items():
        lines = {*shown(form).splitlines(), "…"} if blocks else set()
        assert [line for block in blocks for line in block.splitlines() if line not in lines] == [], form


def test_what_a_comment_leaves_out_is_listed_in_its_order() -> None:
    listed = re.findall(r"^\d\. (.+)$", SECTIONS["markdown"], re.MULTILINE)
    assert listed == [str(part) for part in markdown.Part]
