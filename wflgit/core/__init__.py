"""Decisions: values and rules. No I/O, no clock, no randomness: the same input gives the same output."""
