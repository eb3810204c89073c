"""From an IR program to the source of a Python function: the parts of `cora.ir.compiled`."""
