"""The C preprocessor in front of P4: the system's `cpp`, or pcpp where there is none.

`preprocess` gives text with line markers (`# 12 "file.p4"`), comments kept; `cora.frontend.lexer` reads both out of it
and maps every token back to the file that the user wrote.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from cora import resources
from cora.diagnostics import Diagnostic, Label, Source, Span, UserError, error

STDIN = "<stdin>"
INCLUDES = ("core.p4", "ebpf_model.p4", "pna.p4", "psa.p4", "ubpf_model.p4", "v1model.p4", "xdp_model.p4")
"""What programs include of `targets/p4`: the architectures that the checker and lowering know."""
_CPP_ERROR = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?:(?P<col>\d+):)? (?:fatal )?error: (?P<text>.*)$", re.M)
_MARKER = re.compile(r'^# \d+ "(?P<file>[^"]+)"', re.M)
_MISSING = re.compile(r"^(?:no include path in which to search for (?P<a>.+)|(?P<b>.+): No such file or directory)$")


@dataclass(slots=True)
class Sources:
    """The files that a program is made of, by the name that the preprocessor calls them."""

    architecture: Path
    """The folder of Cora's own includes, shown as `<name>`."""
    files: dict[str, Source] = field(default_factory=dict[str, Source])

    def get(self, name: str) -> Source:
        path = Path(name).absolute()
        key = STDIN if path.name == STDIN else str(path)
        if key not in self.files:
            self.files[key] = self._read(path)
        return self.files[key]

    def _read(self, path: Path) -> Source:
        if path.parent == self.architecture:
            shown = f"<{path.name}>"
        else:
            here = Path.cwd()
            shown = str(path.relative_to(here) if path.is_relative_to(here) else path)
        try:
            return Source(shown, path.read_text("utf-8-sig", errors="replace"))
        except OSError:
            return Source(shown, "")


@dataclass(frozen=True, slots=True)
class Preprocessed:
    text: str
    sources: Sources


def architecture_folder() -> Path:
    return resources.folder("targets") / "p4"


def read_program(path: Path) -> Source:
    """The program's text. Raises C0101 if the file can't be read."""
    try:
        return Source(str(path), path.read_text("utf-8-sig"))
    except UnicodeDecodeError as e:
        raise error(
            "C0101", f"{path} isn't text in UTF-8 (byte {e.start})", help="convert it to UTF-8", where=str(path)
        ) from None
    except OSError as e:
        why = e.strerror or str(e)
        raise error(
            "C0101", f"can't read {path}: {why}", help="give the path of a P4 program", where=str(path)
        ) from None


def preprocess(
    source: Source,
    path: Path | None,
    include_dirs: Iterable[Path] = (),
    defines: Iterable[str] = (),
    arch: Path | None = None,
) -> Preprocessed:
    """Preprocesses `source`; quoted includes are relative to `path`. `arch` is the user's architecture: an include of
    its name finds it, and a program without one gets it in front, behind core.p4. Raises C0102, C0104, C0105."""
    sources = Sources(architecture_folder(), {STDIN: source})
    if path is not None:
        sources.files[str(path.absolute())] = source
    folders = [*include_dirs, *([path.parent] if path else []), sources.architecture]
    if arch is not None:
        folders.insert(0, arch.absolute().parent)
    run = _run_cpp if shutil.which("cpp") else _run_pcpp
    text, failures = run(source, path, folders, list(defines), [])
    if arch is not None and not _includes(text, path, arch):
        core = next(f for f in (f / "core.p4" for f in folders) if f.is_file())
        text, failures = run(source, path, folders, list(defines), [core.absolute(), arch.absolute()])
    if failures:
        raise UserError(*_diagnostics(sources, failures))
    return Preprocessed(text, sources)


def _includes(text: str, program: Path | None, file: Path) -> bool:
    """Whether a preprocessed program is `file` or includes one of that name, by its line markers."""
    if program is not None and program.resolve() == file.resolve():
        return True
    names = {m["file"] for m in _MARKER.finditer(text)} - {str(program)}
    return any(Path(name).name == file.name for name in names)


_BEGAN = "the conditional began here"
_HELPS = {
    "unterminated comment": "end it with */",
    "unterminated #": "end it with #endif",
    "without #if": "remove it, or add the #if that is missing above",
    "invoking macro": "close the parenthesis of its arguments",
    "requires": "give the macro as many arguments as it was defined with",
    "nested depth": "don't let a file include itself, or guard it with #ifndef",
}
Failure = tuple[str, int, str]  # file, line, message


def _run_cpp(
    source: Source, path: Path | None, folders: list[Path], defines: list[str], first: list[Path]
) -> tuple[str, list[Failure]]:
    """`first`: files that are included before the first line."""
    command = ["cpp", "-C", "-undef", "-nostdinc", "-x", "assembler-with-cpp"]
    command += [f"-I{f}" for f in folders] + [f"-D{d}" for d in defines]
    for file in first:
        command += ["-include", str(file)]
    command.append("-" if path is None else str(path))
    done = subprocess.run(command, input=source.text.encode(), capture_output=True, check=False)
    stderr = done.stderr.decode("utf-8", "replace")
    failures = [(m["file"], int(m["line"]), m["text"]) for m in _CPP_ERROR.finditer(stderr)]
    if done.returncode != 0 and not failures:
        failures = [(STDIN, 1, stderr.strip() or f"cpp failed with status {done.returncode}")]
    return done.stdout.decode("utf-8", "replace"), failures


def _run_pcpp(
    source: Source, path: Path | None, folders: list[Path], defines: list[str], first: list[Path]
) -> tuple[str, list[Failure]]:
    import pcpp

    failures: list[Failure] = []

    class Preprocessor(pcpp.Preprocessor):  # type: ignore[misc]
        def on_error(self, file: str, line: int, msg: str) -> None:
            failures.append((file, line, msg))

        def on_include_not_found(
            self, is_malformed: bool, is_system_include: bool, curdir: str, includepath: str
        ) -> NoReturn:
            at: Any = self.lastdirective
            failures.append((at.source, at.lineno, f"{includepath}: No such file or directory"))
            raise pcpp.OutputDirective(pcpp.Action.IgnoreAndRemove)

        def on_directive_unknown(self, directive: Any, toks: Any, ifpassthru: Any, precedingtoks: Any) -> Any:
            # pcpp asks this only for what no #if leaves out.
            if directive.value == "error":
                text = "".join(t.value for t in toks).strip()
                failures.append((directive.source, directive.lineno, f"#error {text}"))
            return True if directive.value in ("error", "warning") else None

        def on_comment(self, tok: Any) -> Any:
            return True

    run: Any = Preprocessor()
    run.line_directive = "#"
    for folder in folders:
        run.add_path(str(folder))
    # pcpp would shorten names in a way of its own.
    run.rewrite_paths = []
    for define in defines:
        name, _, value = define.partition("=")
        run.define(f"{name} {value or '1'}")
    name = STDIN if path is None else str(path)
    out = io.StringIO()
    try:
        for text, shown in (*((file.read_text("utf-8-sig"), str(file)) for file in first), (source.text, name)):
            run.parse(text, shown)
            run.write(out)
    except RecursionError:
        failures.append((name, 1, "#include nested depth exceeds what there is room for"))
    return out.getvalue(), failures


def _diagnostics(sources: Sources, failures: list[Failure]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for file, line, text in failures:
        if found and text == _BEGAN:
            note = Label(_find(sources.get(file), line, ""), "the condition began here")
            found[-1] = replace(found[-1], notes=(note,))
        else:
            found.append(_diagnose(sources, file, line, text))
    return found


def _diagnose(sources: Sources, file: str, line: int, text: str) -> Diagnostic:
    source = sources.get(file)
    missing = _MISSING.match(text)
    if missing:
        name = missing["a"] or missing["b"]
        span = _find(source, line, name)
        own = ", ".join(f"<{name}>" for name in INCLUDES)
        return Diagnostic(
            "C0102", f"there is no include file {name}", span, help=f"give its folder with -I; Cora has {own}"
        )
    if text.startswith("#error"):
        span = _find(source, line, "#error")
        return Diagnostic(
            "C0104",
            f"the program stops itself: {text}",
            span,
            help="define or undefine what the #if above it asks for (-D)",
        )
    help = next((help for words, help in _HELPS.items() if words in text), "correct the directive")
    return Diagnostic("C0105", f"preprocessor: {text}", _find(source, line, ""), help=help)


def _find(source: Source, line: int, text: str) -> Span:
    """The span of `text` in a line, or of the line."""
    line = max(1, min(line, len(source.line_starts)))
    start, written = source.line_starts[line - 1], source.line_text(line)
    at = written.find(text) if text else -1
    if at >= 0:
        return Span(source, start + at, start + at + len(text))
    indent = len(written) - len(written.lstrip())
    return Span(source, start + indent, start + len(written.rstrip()))
