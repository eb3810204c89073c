"""A `SharedMap` is a dict that is cheap to copy and to merge."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cora.ir.shared_map import SharedMap

NAMES = st.integers(0, 90).map(lambda n: f"v{n}")
STEPS = st.lists(st.tuples(st.sampled_from(("set", "discard", "copy", "merge")), NAMES, st.integers(0, 3)), max_size=60)


def merged(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    """Common values stay; of others the larger one, and those that only one side has are lost."""
    found = {n: x if x == b[n] else max(x, b[n]) for n, x in a.items() if n in b}
    return found


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, st.integers(0, 3), max_size=70), STEPS)
def test_like_dicts(first: dict[str, int], steps: list[tuple[str, str, int]]) -> None:
    shared, plain = SharedMap[int](first), dict(first)
    kept = [(shared.copy(), dict(plain)), (shared.empty(), {})]
    for step, name, value in steps:
        match step:
            case "set":
                shared[name] = plain[name] = value
            case "discard":
                shared.discard(name)
                plain.pop(name, None)
            case "copy":
                kept.append((shared.copy(), dict(plain)))
            case _:
                other, as_dict = kept[value % len(kept)]
                common = {n: x for n, x in plain.items() if as_dict.get(n) == x}
                assert dict(shared.common(other).items()) == common
                larger = shared.merged(other, lambda _, a, b: None if a is None or b is None else max(a, b))
                assert dict(larger.items()) == merged(plain, as_dict)
                shared, plain = larger, merged(plain, as_dict)
        assert dict(shared.items()) == plain
        assert (name in shared) == (name in plain) and shared.get(name, -1) == plain.get(name, -1)
    for copy, as_dict in kept:
        assert dict(copy.items()) == as_dict
