"""The sample account: the marketing workflows of an invented dental practice, and the Git history they came by.

It shows wflgit at work (`make demo`) and is what tests and benchmarks build a realistic repository from. Nothing in the
package `wflgit` knows of it.
"""
