"""Where the program starts: what git calls for every file, commit and push is answered at once, all else by the command line.

Git waits for each of these calls, hundreds of them in one `git log -p`, so nothing is imported that the answer does without.
"""

from __future__ import annotations

import sys

_HELP = ("-h", "--help")
_USAGE = "usage: wflgit textconv FILE\ngit calls it to show changes of a workflow; `wflgit install` sets it up\n"


def main() -> None:
    """Run what the arguments ask for and end with its exit code."""
    match sys.argv[1:]:
        case ["textconv", file] if file not in _HELP:
            from wflgit.cli.plumbing import textconv

            textconv(file)
        case ["textconv", *_]:
            sys.stderr.write(
                "usage: wflgit textconv FILE\nGit calls it for the diff of a workflow file; `wflgit install` sets it up.\n"
            )
            sys.exit(2)
        case ["hook", ("pre-commit" | "pre-receive") as hook] if _is_idle(hook):
            return
        case _:
            from wflgit.cli.main import main as command_line

            command_line()


def _is_idle(hook: str) -> bool:
    from wflgit.cli.idle import is_idle

    return is_idle(hook)
