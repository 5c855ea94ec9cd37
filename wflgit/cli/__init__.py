"""The command line, one module a noun: it calls the API and formats. Only here are click and the terminal known."""

import gc

# Start-up makes very many objects that live as long as the process. Looking among them for garbage costs a tenth of it, in vain.
gc.set_threshold(100_000)
