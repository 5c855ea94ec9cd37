"""The Git side: the only package that imports pygit2.

It knows objects, refs, history and working trees, and speaks in object ids, paths and ref names. It must not know what a
workflow's content means, nor that there is a side store.
"""
