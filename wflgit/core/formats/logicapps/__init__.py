"""The workflow definition language of Azure Logic Apps and Power Automate: a definition becomes a graph, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats. A definition may stand alone, or where it is kept as a
rule: in the `workflow.json` of Logic Apps Standard, in the body of a resource or an export of Power Automate, in an ARM template.

Source: https://learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language
"""

from typing import TYPE_CHECKING

from wflgit.core.formats.later import later
from wflgit.core.formats.logicapps.places import FIELDS, recognise, root
from wflgit.core.formats.logicapps.reading import LACKS, NAME, TITLE, to_graph

if TYPE_CHECKING:
    from wflgit.core.formats.logicapps.checking import problems
    from wflgit.core.formats.logicapps.datause import data_use
    from wflgit.core.formats.logicapps.expressions import referring
    from wflgit.core.formats.logicapps.waiting import wait_terms
    from wflgit.core.formats.logicapps.writing import to_document

__all__ = [
    "FIELDS",
    "LACKS",
    "NAME",
    "TITLE",
    "data_use",
    "problems",
    "recognise",
    "referring",
    "root",
    "to_document",
    "to_graph",
    "wait_terms",
]

__getattr__ = later(
    __name__,
    {"data_use": "datause", "problems": "checking", "referring": "expressions", "to_document": "writing", "wait_terms": "waiting"},
)
