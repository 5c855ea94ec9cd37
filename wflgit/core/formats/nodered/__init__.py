"""Node-RED, wiring for events: a file of its elements becomes one graph, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats.

Source: https://nodered.org/docs/api/admin/types and, for what the runtime makes of it, `runtime/lib/flows/util.js` in
https://github.com/node-red/node-red
"""

from wflgit.core.formats.nodered.checking import problems
from wflgit.core.formats.nodered.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph, wait_terms
from wflgit.core.formats.nodered.renaming import referring
from wflgit.core.formats.nodered.writing import to_document

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
