"""The one table of all rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from wflgit.core.impact import configs, data, files, goals, references, steps, triggers, waits, ways
from wflgit.core.impact.rule import Check, Rule
from wflgit.core.names import unknown

RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in sorted(
        (
            *steps.RULES,
            *ways.RULES,
            *triggers.RULES,
            *waits.RULES,
            *configs.RULES,
            *data.RULES,
            *goals.RULES,
            *references.RULES,
            *files.RULES,
        ),
        key=lambda rule: rule.code,
    )
}
"""Every rule by its code, in the order of the codes."""

CHECKS: tuple[Check, ...] = (
    *steps.CHECKS,
    *ways.CHECKS,
    *triggers.CHECKS,
    *waits.CHECKS,
    *configs.CHECKS,
    *data.CHECKS,
    *goals.CHECKS,
)
"""All that one workflow is looked at for; what several files are looked at for is asked by the review itself."""


def find_rule(text: str) -> Rule:
    """Find a rule by its code or name, in small or capital letters.

    Raises:
        NotFoundError: if there is none; the candidates are the near ones.

    >>> find_rule("wfl101").name, find_rule("step-removed-active").code
    ('step-removed-active', 'WFL101')
    """
    wanted = text.strip()
    names = {rule.name: rule for rule in RULES.values()}
    found = RULES.get(wanted.upper()) or names.get(wanted.lower())
    if found is None:
        raise unknown("rule", text, [*RULES, *names], hint="`wflgit rules` lists them")
    return found
