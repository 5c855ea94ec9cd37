"""A snapshot of the live executions as a JSON document: what `exec snapshot` writes and a review reads. Pure.

It lets a review on a machine without the side store know who is on the way, and holds no contact: only how many stand where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from wflgit.core.exposure import Snapshot
from wflgit.core.jsontext import read_json
from wflgit.core.records import StepCount
from wflgit.core.times import parse_moment
from wflgit.errors import DefinitionError, StoreError

SCHEMA = "wflgit.executions/1"


def dump_snapshot(account: str, counts: Iterable[StepCount], as_of: datetime) -> str:
    """Write where the live executions of an account stand.

    Args:
        account: the tenant.
        counts: where they stand. A workflow without any is known to have none.
        as_of: when it is so.
    """
    workflows: dict[str, list[dict[str, Any]]] = {}
    for count in counts:
        said = {"version": count.version, "step": count.step, "active": count.active, "waiting": count.waiting}
        workflows.setdefault(count.workflow, []).append(said)
    moment = as_of.astimezone(UTC).isoformat().replace("+00:00", "Z")
    document = {"schema": SCHEMA, "account": account, "as_of": moment, "complete": True, "workflows": workflows}
    return json.dumps(document, indent=2) + "\n"


def load_snapshot(content: bytes, source: str) -> tuple[str, Snapshot]:
    """Read a snapshot.

    Args:
        content: the document.
        source: where it is from.

    Returns:
        The account it is of, and what it says. Unless it is complete, workflows that it does not name are unknown.

    Raises:
        StoreError: if it is no snapshot.
    """
    try:
        document = read_json(content).value
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise _refused(source, f'expected an object with "schema": "{SCHEMA}"')
        as_of = parse_moment(document["as_of"])
        if as_of is None:
            raise _refused(source, f"expected 'as_of' to be a time such as 2030-01-31T09:00:00Z but it is {document['as_of']!r}")
        counts = {slug: tuple(_count(slug, entry) for entry in entries) for slug, entries in document["workflows"].items()}
        return str(document["account"]), Snapshot(source, as_of, counts, complete=document.get("complete") is True)
    except DefinitionError as error:
        raise _refused(source, error.message) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _refused(source, f"expected what `wflgit exec snapshot` writes, but {type(error).__name__}: {error}") from error


def _count(workflow: str, entry: Mapping[str, Any]) -> StepCount:
    numbers = [entry[key] for key in ("version", "active", "waiting")]
    if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
        raise ValueError(f"version, active and waiting of '{workflow}' must be whole numbers")
    return StepCount(workflow, numbers[0], str(entry["step"]), numbers[1], numbers[2])


def _refused(source: str, reason: str) -> StoreError:
    return StoreError(
        f"'{source}' is no snapshot of executions: {reason}", hint="write one where the side store is: wflgit exec snapshot -o FILE"
    )
