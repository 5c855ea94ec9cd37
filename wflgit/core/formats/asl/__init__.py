"""Amazon States Language, the JSON of AWS Step Functions: a state machine becomes a graph, and its faults problems.

`reading` makes the graph, `checking` finds what the language forbids, `writing` carries a changed graph back.

Source: https://states-language.net/spec.html
"""

from typing import TYPE_CHECKING

from wflgit.core.formats.asl.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph, wait_terms
from wflgit.core.formats.later import later

if TYPE_CHECKING:
    from wflgit.core.formats.asl.checking import problems
    from wflgit.core.formats.asl.datause import data_use
    from wflgit.core.formats.asl.writing import referring, to_document

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

__getattr__ = later(__name__, {"data_use": "datause", "problems": "checking", "referring": "writing", "to_document": "writing"})
