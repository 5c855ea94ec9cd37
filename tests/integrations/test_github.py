from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integrations.forge import AUTHOR, PULL, REPOSITORY, TOKEN, Forge, serve
from wflgit.errors import GitHubError
from wflgit.integrations.github import Outcome, Posting, PullRequest, post_review

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "<!-- wflgit review v1 -->"
LABEL = "wflgit: approved"
ONE, OTHER = "0123456789abcdef", "fedcba9876543210"


def body(*errors: str, text: str = "found") -> str:
    return f"{MARKER}\n{text}\n<!-- wflgit fingerprints: {' '.join(errors) or 'none'} -->"


@pytest.fixture
def forge() -> Iterator[Forge]:
    found = Forge()
    with serve(found):
        yield found


def post(forge: Forge, said: str | None, *, token: str = TOKEN) -> Outcome:
    pull = PullRequest(REPOSITORY, PULL, token=token, api=forge.address)
    return post_review(pull, marker=MARKER, body=said, resolved=f"{MARKER}\nnothing is left", approval=LABEL)


def test_one_comment_is_made_then_changed_then_resolved(forge: Forge) -> None:
    forge.say("ana", "nice")
    assert post(forge, body(ONE)).posting is Posting.MADE
    assert post(forge, body(ONE)).posting is Posting.LEFT
    assert post(forge, body(ONE, text="other words")).posting is Posting.CHANGED
    assert post(forge, None).posting is Posting.RESOLVED
    assert post(forge, None).posting is Posting.LEFT
    assert [each["body"] for each in forge.comments] == ["nice", f"{MARKER}\nnothing is left"]
    assert [write.partition(" ")[0] for write in forge.writes] == ["POST", "PATCH", "PATCH"]


def test_where_there_is_nothing_to_say_there_is_no_comment(forge: Forge) -> None:
    assert post(forge, None).posting is Posting.NOT_NEEDED
    assert forge.writes == []


def test_the_comment_is_found_behind_hundreds_of_others(forge: Forge) -> None:
    for number in range(250):
        forge.say("ana", f"remark {number}")
    forge.say(AUTHOR, body())
    forge.say("ben", "done?")
    assert post(forge, body(text="new")).posting is Posting.CHANGED
    assert len(forge.comments) == 252


def test_a_comment_of_somebody_else_with_the_same_first_line_is_left_alone(forge: Forge) -> None:
    forge.say("mallory", body(ONE))
    assert post(forge, body(ONE)).posting is Posting.MADE
    assert forge.comments[0]["body"] == body(ONE)


def test_line_ends_that_the_server_changed_are_no_change(forge: Forge) -> None:
    forge.say(AUTHOR, body().replace("\n", "\r\n") + "\r\n")
    assert post(forge, body()).posting is Posting.LEFT


def test_a_token_that_may_only_read_loses_nothing(forge: Forge) -> None:
    forge.may_write = False
    assert post(forge, body(ONE)) == Outcome(Posting.NOT_ALLOWED, approved=False)


def test_a_token_that_may_do_nothing_is_an_error(forge: Forge) -> None:
    with pytest.raises(GitHubError, match="GitHub answered 401") as caught:
        post(forge, body(ONE), token="another")
    assert caught.value.status == 401


def test_a_server_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(GitHubError, match="did not answer"):
        post_review(PullRequest(REPOSITORY, PULL, token=TOKEN, api="http://127.0.0.1:9"), marker=MARKER, body="", resolved="")


def test_a_label_approves_of_the_errors_that_the_comment_names(forge: Forge) -> None:
    post(forge, body(ONE, OTHER))
    forge.labels = ["urgent", "Wflgit: Approved"]
    assert post(forge, body(OTHER)).approved
    assert forge.labels == ["urgent", "Wflgit: Approved"]


def test_an_approval_dies_when_a_new_error_appears(forge: Forge) -> None:
    post(forge, body(ONE))
    forge.labels = [LABEL]
    assert post(forge, body(ONE, OTHER)) == Outcome(Posting.CHANGED, approved=False, withdrawn=(OTHER,))
    assert forge.labels == []


def test_an_approval_that_was_there_before_any_comment_is_of_nothing(forge: Forge) -> None:
    forge.labels = [LABEL]
    found = post(forge, body(ONE))
    assert not found.approved
    assert forge.labels == []


def test_an_approval_stays_where_there_is_no_error(forge: Forge) -> None:
    forge.labels = [LABEL]
    assert post(forge, body()) == Outcome(Posting.MADE, approved=False)
    assert forge.labels == [LABEL]
