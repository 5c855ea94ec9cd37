"""What a change of a workflow does to those who are on the way, by rules."""
