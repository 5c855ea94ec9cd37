"""n8n: what its editor and its command line export becomes a graph and back, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats. The references between steps that stand in expressions
are found by their spelling; expressions are not evaluated.

Source: https://docs.n8n.io/workflows/export-import/ and the type definitions in https://github.com/n8n-io/n8n
"""

from typing import TYPE_CHECKING

from wflgit.core.formats.later import later
from wflgit.core.formats.n8n.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph

if TYPE_CHECKING:
    from wflgit.core.formats.n8n.checking import problems
    from wflgit.core.formats.n8n.datause import data_use
    from wflgit.core.formats.n8n.expressions import referring
    from wflgit.core.formats.n8n.waits import wait_terms
    from wflgit.core.formats.n8n.writing import to_document

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
    {"data_use": "datause", "problems": "checking", "referring": "expressions", "to_document": "writing", "wait_terms": "waits"},
)
