"""P4-16 text to a checked syntax tree."""
