"""What connects wflgit to other worlds. Each module is an optional extra, stands on `api`, and nothing of wflgit imports it."""
