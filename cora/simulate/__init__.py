"""A packet-level simulation of a machine under a placement. It shares the numbers of models with `cora.model`, and none
of its formulas."""
