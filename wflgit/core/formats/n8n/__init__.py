"""n8n: what its editor and its command line export becomes a graph and back, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats. The references between steps that stand in expressions
are found by their spelling; expressions are not evaluated.

Source: https://docs.n8n.io/workflows/export-import/ and the type definitions in https://github.com/n8n-io/n8n
"""

from wflgit.core.formats.n8n.checking import problems
from wflgit.core.formats.n8n.expressions import referring
from wflgit.core.formats.n8n.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph
from wflgit.core.formats.n8n.waits import wait_terms
from wflgit.core.formats.n8n.writing import to_document

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
