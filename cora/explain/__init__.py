"""Why something is where it is, what it would cost elsewhere, and what would move it.

`Solver` re-solves a plan with changes; `explain_subject`, `overview` and `explain_flow` give answers as pure data
(`cora.explain.answer`), which `cora.explain.render` prints.
"""
