"""The symbolic check: one packet, any packet, any state. See `docs/proving.md`."""
