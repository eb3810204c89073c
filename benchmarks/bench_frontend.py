"""Lines/s of the front end's steps on a large program: `python benchmarks/bench_frontend.py [lines]`.

Each step is the best of three runs, and is compared with the time that a bare regular expression takes to cut the same
text into tokens.
"""

from __future__ import annotations

import gc
import re
import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from large_program import large_program

from cora.analysis import analyse
from cora.cli.app import GARBAGE_THRESHOLDS
from cora.diagnostics import Reporter, Source
from cora.frontend.check import check_program
from cora.frontend.lexer import tokenize
from cora.frontend.load import deep_recursion
from cora.frontend.parse import parse_tokens
from cora.frontend.preprocess import preprocess
from cora.lower import lower_program

RUNS = 3
BARE = re.compile(r"\w+|\s+|//[^\n]*|[^\w\s]")
T = TypeVar("T")


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def best(step: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of the fastest run (with those of a C preprocessor), and what the last one made."""
    fastest = float("inf")
    for _ in range(RUNS):
        start = _cpu_s()
        made = step()
        fastest = min(fastest, _cpu_s() - start)
    return fastest, made


def main() -> None:
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    text = large_program(int(sys.argv[1]) if len(sys.argv) > 1 else 6500)
    lines, source = text.count("\n"), Source("large.p4", text)
    bare_s, words = best(lambda: BARE.findall(text))
    print(f"{lines:,} lines, {len(words):,} words; a bare regular expression reads {lines / bare_s:,.0f} lines/s")

    def show(step: str, seconds: float) -> None:
        print(
            f"  {step:<12}{lines / seconds:12,.0f} lines/s  {seconds:6.2f} s  {seconds / bare_s:8.1f} times the regex"
        )

    with deep_recursion():
        seconds, read = best(lambda: preprocess(source, None, (), ()))
        show("preprocess", seconds)
        seconds, tokens = best(lambda: tokenize(read, Reporter()))
        show("lex", seconds)
        seconds, _ = best(lambda: parse_tokens(tokens, Reporter()))
        show("parse", seconds)
        # Checking writes into the tree, so each run has a fresh one.
        trees = [parse_tokens(tokens, Reporter()) for _ in range(RUNS)]
        seconds, typed = best(lambda: check_program(trees.pop(), "large", Reporter()))
        show("check", seconds)
        seconds, program = best(lambda: lower_program(typed))
        show("lower", seconds)
        seconds, graph = best(lambda: analyse(program))
        show("analyse", seconds)
    print(f"  {len(program.blocks):,} blocks, {len(program.states)} states, {len(graph.stages)} stages")


if __name__ == "__main__":
    main()
