"""Trying wflgit on real repositories: whatever workflow files they hold, in every version they ever had."""
