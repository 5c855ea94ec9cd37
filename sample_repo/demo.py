"""The whole story on a real Git repository, with the commands a user would type: `make demo`.

Builds the sample repository in a temporary folder, runs each command for real, and leaves the folder there to look around.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sample_repo.build import build


@dataclass(frozen=True)
class Scene:
    """What the narrator says, the commands that follow, and whether they are meant to fail."""

    words: str
    commands: tuple[str, ...]
    fails: bool = False


STORY = (
    Scene(
        "A dental practice keeps its marketing workflows in Git. Months of commits, branches and merges are there already.",
        ("git log --oneline --graph -8", "wflgit validate", "wflgit ls"),
    ),
    Scene(
        "Versions are numbered from history: each trunk commit that changed the file is one, however it got there.",
        ("wflgit log welcome -n 5",),
    ),
    Scene(
        "Version 10 is a draft. What would it change? Publish it: new contacts start on it, and an annotated tag says so.",
        ("wflgit diff welcome@current welcome@10", "wflgit publish welcome", "git tag -n9 -l welcome/v10"),
    ),
    Scene(
        "Contacts start: three of the practice's, and twenty thousand leads of a fair. Each execution is pinned to the version it "
        "started on, and stands at a step.",
        (
            "head -4 contacts.csv | cut -d, -f1-3",
            "wflgit exec start welcome c0001 c0002 c0003",
            "wflgit exec start welcome $(seq -f 'lead-%05g' 20000)",
            "wflgit exec advance 1",
            "wflgit exec wait 1 --until 2026-12-01T09:00Z",
            "wflgit exec counts welcome",
        ),
    ),
    Scene(
        "Somebody edits on a branch, and slips. Every problem is told with its line and column, before anything is committed.",
        (
            "git switch --quiet -c gentler-welcome",
            'sed -i \'s/"next": "wait_a_day"/"next": "wait_aday"/\' workflows/welcome.json',
            "wflgit validate welcome",
        ),
        fails=True,
    ),
    Scene(
        "Mended, with the changes that were meant: wait two days, and another name for the first step. What would that do to those "
        "who are on the way? The review of a pull request says it; here it is on a terminal.",
        (
            'sed -i -e \'s/"wait_aday"/"wait_a_day"/\' -e \'s/"P1D"/"P2D"/\' workflows/welcome.json',
            'sed -i \'s/"welcome_email"/"hello_email"/\' workflows/welcome.json',
            "git commit --quiet -am 'Welcome: give people two days'",
            "wflgit review main...HEAD",
        ),
    ),
    Scene(
        "Nobody would lose their place. An ordinary merge is enough.",
        (
            "git switch --quiet main",
            "git merge --quiet --no-ff -m 'Merge branch gentler-welcome' gentler-welcome",
            "wflgit log welcome -n 2",
            "wflgit log welcome --step hello_email",
        ),
    ),
    Scene(
        "The merge is version 11. Compare it step by step, then publish it.",
        ("wflgit diff welcome@current welcome@draft", "wflgit publish welcome -m 'Two days to breathe'"),
    ),
    Scene(
        "Those who run stay on version 10, which is draining now. The next contact starts on 11.",
        ("wflgit exec start welcome c0004", "wflgit exec counts welcome", "wflgit log welcome -n 3"),
    ),
    Scene(
        "Shall they come along? A plan says who would go where, and why: the renamed step is recognised. Nothing is moved yet.",
        ("wflgit migrate plan welcome --from 10",),
    ),
    Scene(
        "Move them, batch after batch. Whoever waits keeps the time left. An execution then goes on in its new version.",
        (
            "wflgit migrate start welcome --from 10",
            "wflgit migrate status 1",
            "wflgit exec ls welcome -n 3",
            "wflgit exec advance 2",
        ),
    ),
    Scene(
        "Too early? Undo puts everybody back where they were. Only who has moved on since is kept, and listed.",
        ("wflgit migrate undo 1", "wflgit exec ls welcome -n 3"),
    ),
    Scene(
        "Not a good idea after all? A rollback is a new version with the old content: history only grows. Those on version 11 come "
        "along, by the plan of the migration taken in reverse.",
        ("wflgit rollback welcome --to 10 --migrate immediate", "wflgit log welcome -n 3", "wflgit exec counts welcome"),
    ),
    Scene(
        "Everything is attributed, and the audit trail proves that nobody changed it since.",
        ("wflgit audit ls welcome", "wflgit audit verify", "wflgit fsck", "wflgit status"),
    ),
    Scene(
        "All of it is a Python library; the commands only call it.",
        (
            'python -c "\n'  # noqa: ISC004 - one command over several lines
            "import wflgit\n"
            "with wflgit.open('.') as repo:\n"
            "    version = repo.versions.list('welcome')[0]\n"
            "    print(version.number, version.status, version.published_by)\n"
            "    for count in repo.executions.counts('welcome'):\n"
            "        print(f'v{count.version} {count.step}: {count.active} active, {count.waiting} waiting')\n"
            '"',
        ),
    ),
)


def main() -> int:
    """Tell the story; 0 if every command did what it was meant to do."""
    folder = build(Path(tempfile.mkdtemp(prefix="wflgit-demo-")) / "harbor-dental")
    environment = _environment()
    for number, scene in enumerate(STORY, 1):
        print(f"\n\033[1m{number}. {scene.words}\033[0m" if sys.stdout.isatty() else f"\n{number}. {scene.words}")
        for command in scene.commands:
            print(f"\n$ {command}", flush=True)
            last = command is scene.commands[-1]
            code = subprocess.run(command, shell=True, cwd=folder, env=environment, check=False).returncode
            if (code != 0) != (scene.fails and last):
                print(f"\nerror: the demo stopped here, the command ended with {code}", file=sys.stderr)
                return 1
    print(f"\nThe repository is still there to look around in:  cd {folder}")
    return 0


def _environment() -> dict[str, str]:
    """The commands of this very installation first on the PATH, and nobody's own Git configuration in the way."""
    programs = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
    }


if __name__ == "__main__":
    sys.exit(main())
