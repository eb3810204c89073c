"""The symbolic check: one packet, any packet, any state. See `docs/verify.md`."""
