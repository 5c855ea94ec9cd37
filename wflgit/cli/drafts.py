"""Commands on drafts: `save`, `ls`, `show`, `log`, `restore`, `diff`, `discard`, `commit`, `status`, `rebase`, `watch`, `clean`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import SLUG, base_option, json_option, message_option
from wflgit.render.drafts import clean_up_lines, draft_details, draft_lines, draft_table, save_table, status_parts
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.cli.call import Call
    from wflgit.core.drafts import Draft
    from wflgit.core.records import Version
    from wflgit.integrations.watching import Watched

user_option = click.option("--user", metavar="ID", help="Whose draft, by the address that Git has of them; your own unless said.")
save_option = click.option(
    "--save", "number", type=click.IntRange(min=1), metavar="N", help="One of its saves; the newest unless said."
)


@click.group(cls=NearGroup)
def draft() -> None:
    """Save, look at and commit what you have not finished. Everybody has drafts of their own, one a workflow."""


@draft.command()
@click.argument("slug", type=SLUG)
@click.option("--file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Save this file; `-` for standard input.")
@base_option
@json_option
@click.pass_obj
def save(call: Call, slug: str, *, file: Path | None, base: int | str | None) -> None:
    """Save the file in the working tree as your draft, finished or not; nothing is written if it has not changed.

    The first save is based on the newest version, or on --base.
    """
    call.output.show(call.repo.drafts.save(slug, _content(call, slug, file), base=base), draft_lines)


def _content(call: Call, slug: str, file: Path | None) -> bytes:
    from wflgit.cli import workingtree

    if file is None:
        return workingtree.read_workflow(call.repo, slug).content
    if file == Path("-"):
        return sys.stdin.buffer.read()
    return workingtree.read_file(call.repo, call.path / file).content


@draft.command()
@click.argument("slug", required=False, type=SLUG)
@user_option
@click.option("--archived", is_flag=True, help="Those that were thrown away and are not gone yet.")
@json_option
@click.pass_obj
def ls(call: Call, slug: str | None, *, user: str | None, archived: bool) -> None:
    """List the drafts, of everybody and of all workflows unless said."""
    drafts = call.repo.drafts
    found = drafts.archived(slug, user=user) if archived else drafts.list(slug, user=user)
    call.output.show(found, draft_table, empty="no drafts")
    if not archived:
        for each in drafts.recoverable():
            if each in found:
                call.output.note(f"your draft of '{each.workflow}' is newer than its file: `wflgit draft restore {each.workflow}`")


@draft.command()
@click.argument("slug", type=SLUG)
@user_option
@save_option
@json_option
@click.pass_obj
def show(call: Call, slug: str, *, user: str | None, number: int | None) -> None:
    """Show a draft and its content, without secrets and private data."""
    drafts = call.repo.drafts
    found, content = drafts.get(slug, user), drafts.content(slug, user, save=number)
    call.output.show(found, lambda each: [*draft_details(each), *_content_lines(each, content)])


def _content_lines(found: Draft, content: bytes) -> Iterator[Line]:
    """The file line by line; not one that cannot be read, for nobody could tell what must not be shown in it."""
    from wflgit.core.discretion import conceal_text
    from wflgit.core.formats import read
    from wflgit.errors import DefinitionError

    yield line()
    try:
        text = conceal_text(content.decode("utf-8-sig"), read(content).value)
    except (DefinitionError, UnicodeDecodeError):
        yield line(Span(f"it cannot be read as a workflow, and is not shown: git show {found.commit}:{found.path}", Style.CAUTION))
        return
    for shown in text.removesuffix("\n").split("\n"):
        yield line(shown)


@draft.command()
@click.argument("slug", type=SLUG)
@user_option
@json_option
@click.pass_obj
def log(call: Call, slug: str, *, user: str | None) -> None:
    """List the saves of a draft, the newest first. Of older ones only some are kept."""
    call.output.show(call.repo.drafts.history(slug, user), save_table)


@draft.command()
@click.argument("slug", type=SLUG)
@click.argument("against", default="base", metavar="[AGAINST]")
@user_option
@save_option
@click.option("--exit-code", is_flag=True, help="Exit 1 if they differ.")
@json_option
@click.pass_obj
def diff(call: Call, slug: str, against: str, *, user: str | None, number: int | None, exit_code: bool) -> int:
    """Show what a draft changes, step by step, in the version that it is based on.

    AGAINST is `base`, or what it is compared with in its place: `current`, a channel, a version number or a commit.
    """
    from wflgit.render.comparison import comparison_lines, same_meaning

    comparison = call.repo.drafts.diff(slug, against, user=user, save=number)
    call.output.show(comparison, comparison_lines, empty=same_meaning(comparison))
    return int(exit_code and bool(comparison))


@draft.command()
@click.argument("slug", type=SLUG)
@save_option
@click.option("--archived", is_flag=True, help="Take the draft out of the archive first.")
@json_option
@click.pass_obj
def restore(call: Call, slug: str, *, number: int | None, archived: bool) -> None:
    """Put your draft into the file in the working tree, as it is or as it was in an earlier save.

    What is in the file before, and is neither saved nor committed, is saved first: nothing is lost. In a bare repository only the
    draft changes.
    """
    from wflgit.cli.drafting import put_back

    drafts = call.repo.drafts
    if archived:
        drafts.bring_back(slug)
    call.output.show(put_back(call.repo, drafts, slug, number), draft_lines)


@draft.command()
@click.argument("slug", type=SLUG)
@user_option
@json_option
@click.pass_obj
def discard(call: Call, slug: str, *, user: str | None) -> None:
    """Throw your draft away. `draft restore --archived` brings it back for some time. The file stays as it is."""
    call.output.show(call.repo.drafts.discard(slug, user=user), draft_lines)


@draft.command()
@click.argument("slug", type=SLUG)
@click.option("--merge", is_flag=True, help="Merge it with what others have committed since, where the two go together.")
@message_option
@json_option
@click.pass_obj
def commit(call: Call, slug: str, *, merge: bool, message: str | None) -> None:
    """Make a version of your draft; then the draft is gone. Refused if somebody has changed the workflow since, but for --merge."""
    from wflgit.render.versions import version_lines

    def lines(version: Version) -> Iterator[Line]:
        yield from version_lines(version)

    before = call.repo.workspace.find(slug).rows[:1]
    version = call.repo.drafts.commit(slug, message=message, merge=merge)
    call.output.show(version, lines)
    if before and version.number == before[0].number:
        call.output.note(f"'{slug}' is as in version {version.number}, there was nothing to commit; the draft is gone")


@draft.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG...]", type=SLUG)
@json_option
@click.pass_obj
def status(call: Call, slugs: tuple[str, ...]) -> int:
    """Say how your drafts stand to what others have committed since, by merging on trial; exit 1 if one conflicts.

    clean: nobody changed the workflow. behind: somebody did, and the two go together. conflicting: they do not. deleted: the
    workflow is gone.
    """
    from wflgit.core.drafts import DraftState

    drafts = call.repo.drafts
    me = call.repo.workspace.identity.email
    found = [drafts.status(slug) for slug in slugs or [each.workflow for each in drafts.list(user=me)]]
    call.output.show(found, status_parts, empty="you have no drafts")
    return int(any(each.state in (DraftState.CONFLICTING, DraftState.DELETED) for each in found))


@draft.command()
@click.argument("slug", type=SLUG)
@click.option(
    "--take",
    "takes",
    multiple=True,
    metavar="PATH=CHOICE",
    help="Decide a conflict: ours (the draft), theirs or another choice; PATH `*` for all others. Repeatable.",
)
@json_option
@click.pass_obj
def rebase(call: Call, slug: str, *, takes: Sequence[str]) -> None:
    """Merge what others have committed since into your draft, step by step; then it is based on the newest version.

    The file in the working tree follows if it holds the draft.
    """
    from wflgit.cli.drafting import rebase_with_file
    from wflgit.core.resolving import parse_answers

    call.output.show(rebase_with_file(call.repo, call.repo.drafts, slug, parse_answers(takes)), draft_lines)


@draft.command()
@click.option(
    "--interval", type=click.FloatRange(min=0.2), default=1.0, show_default=True, metavar="SECONDS", help="How often at most."
)
@json_option
@click.pass_obj
def watch(call: Call, *, interval: float) -> None:
    """Save workflow files of the working tree as drafts whenever they change, until Ctrl-C; with --json a line for each save.

    It takes the package watchfiles: pip install 'wflgit[watch]'.
    """
    from wflgit.integrations.watching import watch as watched

    call.output.note("watching for changes of workflow files; Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        for found in watched(call.repo.workspace, call.repo.drafts, interval_s=interval):
            _tell(call, found)


def _tell(call: Call, found: Watched) -> None:
    """What came of a file, at once."""
    if found.error is not None:
        call.output.talk([line(f"'{found.path}' is not saved:")])
        call.output.complain(found.error)
    elif found.draft is not None and call.output.json:
        call.output.show_line(found.draft)
    elif found.draft is not None:
        call.output.write(draft_lines(found.draft))
    call.output.flush()


@draft.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@click.pass_obj
def clean(call: Call, *, dry_run: bool) -> None:
    """Archive drafts that nobody has saved for as long as the policy says, and remove those archived for as long."""
    call.output.show(call.repo.drafts.clean_up(dry_run=dry_run), clean_up_lines, empty="nothing to clean up")
