from __future__ import annotations

import pytest

from wflgit import SettingsError
from wflgit.core.paths import WorkflowPaths
from wflgit.core.settings import Settings, format_settings, parse_settings


def test_what_is_written_is_read_back() -> None:
    settings = Settings(
        'the "acme"', "main", WorkflowPaths(("a/*.json",), ("a/x.json",), frozenset({"stable"})), ("stable",), "sqlite:///x.db"
    )
    assert parse_settings(format_settings(settings)) == settings


def test_two_lines_are_enough() -> None:
    settings = parse_settings('account = "acme"\ntrunk = "main"\n')
    assert settings.paths.include == ("workflows/**/*.json",)
    assert settings.policy.max_versions == 1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("account = ", "not valid TOML"),
        ('trunk = "main"', "'account' is missing"),
        ('account = ""\ntrunk = "main"', "'account' must be a text"),
        ('account = "a"\ntrunk = "main"\nchanels = []', "no setting 'chanels'"),
        ('account = "a"\ntrunk = "main"\nchannels = ["current"]', "'channels' must be"),
        ('account = "a"\ntrunk = "main"\nchannels = ["v2"]', "'channels' must be"),
        ('account = "a"\ntrunk = "main"\nchannels = "stable"', "a list of channel names"),
        ('account = "a"\ntrunk = "main"\nworkflows = 3', "'workflows' must be a table"),
        ('account = "a"\ntrunk = "main"\n[workflows]\npaths = ["/x"]', "'workflows.paths' must be a list of globs"),
        ('account = "a"\ntrunk = "main"\n[policy]\nmax_versions = 0', "'policy.max_versions' must be a whole number"),
        ('account = "a"\ntrunk = "main"\n[policy]\nmax_version = 5', "no setting 'policy.max_version'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_setting_it_is_about(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_misspelt_setting_gets_the_near_one_proposed() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings('account = "a"\ntrunk = "main"\nchanels = []')
    assert caught.value.hint == "did you mean 'channels'?"


def test_the_layout_changes_with_what_decides_numbering_and_with_nothing_else() -> None:
    base = parse_settings('account = "a"\ntrunk = "main"')
    renamed = parse_settings('account = "b"\ntrunk = "main"\n[policy]\nmax_versions = 5')
    moved = parse_settings('account = "a"\ntrunk = "main"\n[workflows]\npaths = ["flows/*.json"]')
    assert base.layout == renamed.layout != moved.layout
