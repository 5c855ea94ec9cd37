"""The command line, one module a noun: it calls the API and formats. Only here are click and the terminal known."""
