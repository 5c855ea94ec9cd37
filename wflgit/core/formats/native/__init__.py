"""The native format: steps keyed by id, edges spelt out. What a document may hold is said by the models in `definition`."""

from typing import TYPE_CHECKING

from wflgit.core.formats.later import later
from wflgit.core.formats.native.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph, wait_terms

if TYPE_CHECKING:
    from wflgit.core.formats.native.checking import problems
    from wflgit.core.formats.native.datause import data_use
    from wflgit.core.formats.native.writing import referring, to_document

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
