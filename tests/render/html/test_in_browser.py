"""Pages in a real browser: that they work there, for eyes, keys, a screen reader and a printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium, needs_chromium, opened
from tests.render.html.samples import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [needs_chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in PAGES.items():
        (folder / f"{name}.html").write_text(make(), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


def _violations(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {place['html'][:160]}" for one in found for place in one["nodes"]]


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("review", "light", 1200),
        ("review", "dark", 360),
        ("log", "light", 360),
        ("log", "dark", 1200),
        ("plan", "light", 1200),
        ("plan-refused", "dark", 360),
    ],
)
def test_a_page_is_accessible_and_fits_and_complains_of_nothing(
    browser: Browser, files: dict[str, Path], name: str, scheme: str, width: int
) -> None:
    with opened(browser, files[name], scheme=scheme, width=width) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width
        assert found.page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") == "650"  # the style is obeyed
        found.page.click("#open")
        assert _violations(found.page) == []
        assert found.complaints == []
        assert found.requests == [files[name].as_uri()]


@pytest.mark.parametrize("name", ["review-clean", "review-unknown"])
def test_other_reviews_fit_and_complain_of_nothing(browser: Browser, files: dict[str, Path], name: str) -> None:
    with opened(browser, files[name], width=360) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 360
        assert found.complaints == []


def test_findings_are_filtered_by_text_severity_and_rule(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"]) as found:
        page = found.page
        shown = page.locator(".finding:visible")
        everything = shown.count()
        assert page.inner_text("#shown") == f"{everything} in all"
        page.fill("#text", "Nudge gone")
        assert shown.count() == 1
        assert page.inner_text("#shown") == f"1 of {everything}"
        assert page.locator("section.workflow:visible").count() == 1
        page.fill("#text", "")
        page.uncheck("input[value=error]")
        page.uncheck("input[value=ignored]")
        assert page.locator(".finding.error:visible, .finding.ignored:visible").count() == 0
        assert page.locator("section.workflow:visible").count() == 3
        page.select_option("#rule", "WFL402")
        assert shown.count() == 1
        page.keyboard.press("Escape")
        assert shown.count() == everything
        assert page.locator("section.workflow:visible").count() == 5


def test_keys_go_from_finding_to_finding_to_the_filter_and_to_the_help(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"]) as found:
        page = found.page
        here = "[...document.querySelectorAll('.finding')].indexOf(document.activeElement)"
        for key, place in {"j": 0, "ArrowDown": 1, "k": 0}.items():
            page.keyboard.press(key)
            assert page.evaluate(here) == place
        page.keyboard.press("/")
        page.keyboard.type("jk?")
        assert page.input_value("#text") == "jk?"
        page.keyboard.press("Escape")
        assert page.input_value("#text") == ""
        page.keyboard.press("?")
        assert page.is_visible("dialog")
        page.uncheck("#single")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        assert page.evaluate(here) == -1


def test_everything_opens_and_closes_at_once(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"]) as found:
        closed = found.page.locator("main details:not([open])")
        found.page.keyboard.press("o")
        assert closed.count() == 0
        found.page.click("text=Close all")
        assert closed.count() == found.page.locator("main details").count()


def test_the_first_key_of_a_tab_skips_to_the_contents(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"]) as found:
        found.page.keyboard.press("Tab")
        assert found.page.evaluate("document.activeElement.textContent") == "Skip to the contents"
        found.page.keyboard.press("Enter")
        assert found.page.evaluate("document.activeElement.id") == "main"


def test_without_javascript_everything_is_there_but_the_filter(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"], javascript=False) as found:
        assert found.page.locator(".finding:visible").count() == 12
        assert found.page.locator("svg:visible").count() == 4
        assert not found.page.is_visible("#filter")


def test_on_paper_everything_is_open_and_no_control_is_left(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["review"]) as found:
        found.page.emulate_media(media="print", color_scheme="dark")
        assert not found.page.is_visible("#filter")
        assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        seen = "[...document.querySelectorAll('.consequences, .in-words, .names, .card')].map(one => one.checkVisibility())"
        assert {*found.page.evaluate(seen)} == {True}
        assert len(found.page.pdf()) > 20_000


def test_a_hostile_text_does_nothing(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["log"]) as found:
        assert "onerror=alert(2)" in found.page.inner_text("main")
        assert found.page.locator("img").count() == 0
        assert found.complaints == []
