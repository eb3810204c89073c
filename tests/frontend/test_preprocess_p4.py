"""Preprocessing, tokens, and the way back to the user's lines."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cora.diagnostics import Reporter, Source, UserError
from cora.frontend import load_program, parse_text
from cora.frontend.lexer import Token, tokenize
from cora.frontend.preprocess import preprocess

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.p4"))


@pytest.fixture(params=["cpp", "pcpp"])
def preprocessor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both preprocessors, one after the other; pcpp is what runs where there is no cpp."""
    if request.param == "pcpp":
        monkeypatch.setattr(shutil, "which", lambda _name: None)
    elif shutil.which("cpp") is None:
        pytest.skip("this machine has no cpp; pcpp is tested")
    return request.param


def lex(text: str, path: Path | None = None, **options: list[Path] | list[str]) -> list[Token]:
    source = Source(str(path) if path else "t.p4", text)
    reporter = Reporter()
    tokens = tokenize(preprocess(source, path, **options), reporter)  # type: ignore[arg-type]
    reporter.raise_if_errors()
    return tokens


def written(token: Token) -> str:
    return token.span.source.text[token.span.start : token.span.end]


def test_tokens_stand_where_they_are_written(preprocessor: str) -> None:
    text = "// a comment\n/* two\n lines */ const   bit<8>\tX = 8w0xFF; // more\n  const bool Y = true;\n"
    tokens = lex(text)
    assert [t.text for t in tokens] == [
        "const", "bit", "<", "8", ">", "X", "=", "8w0xFF", ";", "const", "bool", "Y", "=", "true", ";", "",
    ]  # fmt: skip
    assert all(written(t) == t.text for t in tokens[:-1])
    assert str(tokens[5].span) == "t.p4:3:26"
    assert str(tokens[11].span) == "t.p4:4:14"


def test_macros_point_at_their_use(preprocessor: str) -> None:
    text = "#define WIDTH 16\n#define FIELD(n) bit<WIDTH> n##_f;\nstruct s { FIELD(a) bool b; }\n"
    tokens = lex(text)
    assert [t.text for t in tokens[:11]] == ["struct", "s", "{", "bit", "<", "16", ">", "a_f", ";", "bool", "b"]
    assert written(tokens[7]) == "FIELD(a)"
    assert [written(t) for t in tokens[9:11]] == ["bool", "b"]
    assert all(t.span.line == 3 for t in tokens[:-1])


def test_errors_in_what_a_condition_leaves_out(preprocessor: str) -> None:
    text = '#if 1\nconst bit<8> A = 1;\n#elif 1\n#error "no"\n#else\n#error "never"\n#endif\n'
    assert [t.text for t in lex(text)][-3:] == ["1", ";", ""]
    with pytest.raises(UserError) as caught:
        lex('#ifdef A\n#error "one"\n#else\n#error "two"\n#endif\n')
    assert ["two" in d.message for d in caught.value.diagnostics] == [True]


def test_a_file_that_includes_itself(preprocessor: str, tmp_path: Path) -> None:
    program = tmp_path / "itself.p4"
    program.write_text('#include "itself.p4"\n')
    with pytest.raises(UserError) as caught:
        lex(program.read_text(), program)
    assert all(d.code == "C0105" and "guard" in d.help for d in caught.value.diagnostics)


def test_conditions_and_defines(preprocessor: str) -> None:
    text = "#if SIZE > 10\nconst int BIG = SIZE;\n#else\nconst int SMALL = SIZE;\n#endif\n"
    assert [t.text for t in lex(text, defines=["SIZE=20"])][2:5] == ["BIG", "=", "20"]
    assert [t.text for t in lex(text, defines=["SIZE=2"])][2:5] == ["SMALL", "=", "2"]


def test_included_files_have_their_own_spans(preprocessor: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "inner.p4").write_text("\n  const bit<8> INNER = 1;\n")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "lib.p4").write_text("const bit<8> LIB = 2;\n")
    main = tmp_path / "main.p4"
    main.write_text('#include "parts/inner.p4"\n#include <lib.p4>\nconst bit<8> OUTER = 3;\n')
    tokens = lex(main.read_text(), main, include_dirs=[tmp_path / "library"])
    places = {t.text: str(t.span) for t in tokens if t.text.isupper()}
    assert places == {
        "INNER": f"{tmp_path}/parts/inner.p4:2:16",
        "LIB": f"{tmp_path}/library/lib.p4:1:14",
        "OUTER": f"{main}:3:14",
    }


def test_missing_include_and_error_directive(preprocessor: str) -> None:
    for text, code, shown in [
        ("#include <nowhere.p4>\n", "C0102", "nowhere.p4"),
        ("\n#error no target\n", "C0104", "#error"),
    ]:
        with pytest.raises(UserError) as caught:
            parse_text(text)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == code
        assert diagnostic.span is not None
        assert diagnostic.span.source.text[diagnostic.span.start : diagnostic.span.end] == shown


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_both_preprocessors_give_the_same_tree(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = parse_text(path.read_text())
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert parse_text(path.read_text()) == first


def test_only_adjacent_angles_are_a_shift() -> None:
    tokens = lex("a >> b > > c >>= d")
    assert [t.glued for t in tokens if t.text.startswith(">")] == [False, True, False, False, False, True]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "binary.p4"
    binary.write_bytes(b"const \xff\xfe")
    for path in (tmp_path / "none.p4", tmp_path, binary):
        with pytest.raises(UserError) as caught:
            load_program(path)
        assert caught.value.diagnostics[0].code == "C0101"
        assert caught.value.diagnostics[0].help


def test_odd_file_names_and_byte_order_marks(preprocessor: str, tmp_path: Path) -> None:
    folder = tmp_path / "grün und blau"
    folder.mkdir()
    (folder / "größe.p4").write_text("\ufeffconst bit<8> INNER = 1;\r\n", encoding="utf-8")
    main = folder / "main.p4"
    main.write_text('\ufeff#include "größe.p4"\nconst bit<8> OUTER = 2;\n', encoding="utf-8")
    (diagnostic,) = load_program(main).warnings
    assert diagnostic.code == "C0241"
    assert str(diagnostic.span) == f"{main}:2:1"
