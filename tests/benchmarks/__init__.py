"""Speed, measured against floors: `python -m tests.benchmarks [NAME…] [--quick]`.

One module a subject. Every figure is a ratio to something that the same run measured in turn with it, because seconds of a
shared machine say little. What a user reads of it is in `docs/benchmarks.md`.
"""
