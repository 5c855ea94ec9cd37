"""Where the program starts: what git calls for every file, commit and push is answered at once, all else by the command line.

Git waits for each of these calls, hundreds of them in one `git log -p`, so nothing is imported that the answer does without.
"""

from __future__ import annotations

import sys

_HELP = ("-h", "--help")


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
        case ["merge-driver", "--say-so", base, ours, theirs, *more]:
            from wflgit.cli.plumbing import merge_driver, say_so

            sys.exit(say_so(merge_driver(base, ours, theirs, *more)))
        case ["merge-driver", base, ours, theirs, *more] if not base.startswith("--"):
            from wflgit.cli.plumbing import merge_driver

            sys.exit(merge_driver(base, ours, theirs, *more))
        case ["merge-driver", *_]:
            sys.stderr.write(
                "usage: wflgit merge-driver [--say-so] BASE OURS THEIRS [MARKER_SIZE [PATH [LABEL LABEL LABEL]]]\n"
                "Git calls it to merge a workflow file, which it writes to OURS; `wflgit install` sets it up.\n"
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


if __name__ == "__main__":
    main()
