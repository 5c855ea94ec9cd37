"""Node-RED, wiring for events: a file of its elements becomes one graph, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats.

Source: https://nodered.org/docs/api/admin/types and, for what the runtime makes of it, `runtime/lib/flows/util.js` in
https://github.com/node-red/node-red
"""

from typing import TYPE_CHECKING

from wflgit.core.formats.later import later
from wflgit.core.formats.nodered.reading import FIELDS, LACKS, NAME, TITLE, recognise, root, to_graph, wait_terms

if TYPE_CHECKING:
    from wflgit.core.formats.nodered.checking import problems
    from wflgit.core.formats.nodered.datause import data_use
    from wflgit.core.formats.nodered.renaming import referring
    from wflgit.core.formats.nodered.writing import to_document

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

__getattr__ = later(__name__, {"data_use": "datause", "problems": "checking", "referring": "renaming", "to_document": "writing"})
