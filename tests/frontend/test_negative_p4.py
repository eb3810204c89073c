"""What Cora says about wrong programs: each `negative/*.p4` with its output beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cora.diagnostics import UserError, render
from cora.error_catalog import CATALOG
from cora.frontend import load_text

NEGATIVE = sorted((Path(__file__).parent / "negative").glob("*.p4"))


def diagnose(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        load_text(path.read_text(), name=path.name)
    return caught.value


@pytest.mark.parametrize("path", NEGATIVE, ids=lambda p: p.stem)
def test_output_is_as_pinned(path: Path, golden) -> None:
    shown = "\n\n".join(render(d) for d in diagnose(path).diagnostics)
    golden(path.with_suffix(".stderr"), shown + "\n")


@pytest.mark.parametrize("path", NEGATIVE, ids=lambda p: p.stem)
def test_every_diagnostic_helps(path: Path) -> None:
    for d in diagnose(path).diagnostics:
        assert d.code in CATALOG
        assert d.help, f"{d.message} says nothing about what to do"
        assert d.span is not None and d.span.source.text[d.span.start : d.span.end].strip()


def test_there_are_enough_of_them() -> None:
    assert len(NEGATIVE) >= 20
    golden_files = {p.stem for p in (Path(__file__).parent / "negative").glob("*.stderr")}
    assert golden_files == {p.stem for p in NEGATIVE}
