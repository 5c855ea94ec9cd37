"""The native format: steps keyed by id, edges spelt out. What a document may hold is said by the models in `definition`."""

from wflgit.core.formats.native.checking import problems
from wflgit.core.formats.native.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph, wait_terms
from wflgit.core.formats.native.writing import referring, to_document

__all__ = [
    "FIELDS",
    "LACKS",
    "NAME",
    "TITLE",
    "problems",
    "recognise",
    "referring",
    "root",
    "to_document",
    "to_graph",
    "wait_terms",
]
