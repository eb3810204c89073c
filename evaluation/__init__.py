"""What splitting by state and traffic is worth against every other way: `make evaluation`. See docs/evaluation.md."""
