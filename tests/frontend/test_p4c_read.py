"""p4c's JSON read into Cora's tree: programs written as p4c writes them, its real output, and JSON that is wrong."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from p4c_json import Writer, json_of

from cora.diagnostics import UserError
from cora.frontend import ast, load_program, parse_text
from cora.frontend.p4c import load_json, read_json_text
from cora.frontend.p4c.walk import rewrite
from cora.ir.interp import Packet, run
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.ir.text import print_program
from cora.lower import LowerOptions, lower_program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared" / "p4c"
PROGRAMS = [*sorted((HERE / "programs").glob("*.p4")), *sorted((ROOT / "nf_programs").glob("*/*.p4"))]
NAMES = ("conntrack_pna", "flow_meter_v1model")


SMALL = """
extern E<T> { E(bit<8> size); T get(in T a, @optional in bit<8> b); }
extern void f<T>(in T a);
enum bit<8> K { A = 1, B = 2 }
header h_t { bit<8> a; int<8> b; varbit<16> c; }
struct s_t { h_t[2] hs; tuple<bit<8>, bool> t; @name("x") K k; }
typedef bit<9> port_t;
const port_t TOP = 9w5;
parser P(inout s_t s, out bit<8> o) {
    value_set<bit<8>>(4) vs;
    state start {
        o = s.hs[0].a;
        transition select(o, s.k) { (1, _): accept; (2 &&& 3, 4 .. 5): more; default: reject; }
    }
    state more { transition accept; }
}
control C(inout s_t s)(bool on) {
    E<bit<8>>(4) e;
    action go(in bit<8> a, bit<8> b) { s.hs[0].a = e.get(a) + b; }
    action no() { }
    table t {
        key = { s.hs[0].a: exact @name("key"); }
        actions = { go(1); @defaultonly no; }
        entries = { 3: go(1, 2); priority = 7: 4: no(); }
        default_action = no();
        size = 4;
    }
    apply {
        bit<8> x = s.hs[1].a[7:0] |+| (on ? 8w1 : (bit<8>) s.hs[0].b[3:0]);
        s.hs[0] = { a = x, ... };
        s.t = { -x, !on };
        switch (t.apply().action_run) { go: { exit; } default: { f<bool>(a = true); } }
        for (bit<8> i in 1 .. 3) { if (i == 2) continue; x += i; }
        for (x = 0; x < 3; x = x + 1) { break; }
        if (t.apply().hit) return; else s.hs[1].setInvalid();
    }
}
"""


def without_what_p4c_drops(program: ast.Program) -> ast.Program:
    """Key elements without names, which the reader makes up; `_` and `default` are one node of p4c's."""

    def change(node: ast.Node) -> ast.Node:
        match node:
            case ast.KeyElement():
                return replace(node, annotations=())
            case ast.DontCare():
                return replace(node, keyword="default")
            case _:
                return node

    return rewrite(program, change)


@pytest.mark.parametrize("version", ["old", "new"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_programs_come_back_as_they_were(path: Path, version: Any) -> None:
    own = parse_text(path.read_text(), name=str(path))
    read = read_json_text(json_of(path, version))
    assert without_what_p4c_drops(read) == without_what_p4c_drops(own)


@pytest.mark.parametrize("version", ["old", "new"])
def test_the_rest_of_the_language_comes_back(version: Any) -> None:
    own = parse_text(SMALL)
    read = read_json_text(Writer(version).program(own))
    assert without_what_p4c_drops(read) == without_what_p4c_drops(own)


def test_keys_get_the_names_that_the_source_shows() -> None:
    text = """
        control C(inout bit<8> a) {
            table t { key = { a: exact; a + 1: exact; a: exact @name("b"); } actions = { } }
            apply { t.apply(); }
        }"""
    control = read_json_text(Writer().program(parse_text(text))).declarations[0]
    assert isinstance(control, ast.ControlDecl)
    table = control.locals[0]
    assert isinstance(table, ast.TableDecl)
    assert [[s for a in k.annotations for s in a.strings] for k in table.key] == [["a"], [], ["b"]]


def test_annotations_that_p4c_has_parsed() -> None:
    writer = Writer()
    items = [
        writer.node("NamedExpression", name="size", expression=writer.expr(ast.IntLit(3, span=_span()))),
        writer.node("NamedExpression", name="of", expression=writer.node("StringLiteral", value="x")),
    ]
    body = {"variant_index": 2, "value": writer.vector(items)}
    note = writer.node("Annotation", name="kept", body=body, structured=True)
    member = writer.node("Declaration_ID", name="A", annotations=writer.vector([note]))
    enum = writer.node("Type_Enum", name="E", members=writer.vector([member]))
    read = _program(writer, enum).declarations[0]
    assert isinstance(read, ast.EnumDecl)
    found = read.members[0].annotations[0]
    assert (found.tokens, found.strings, found.brackets) == ('size = 3 , of = "x"', ("x",), "[")


def test_places_are_those_of_the_source(tmp_path: Path) -> None:
    path = tmp_path / "place.p4"
    path.write_text("// one\nconst bit<8> A = 1;\nconst bit<8> B = A + true;\n")
    with pytest.raises(UserError) as failure:
        load_json(_written(tmp_path, json_of(path)), program=path)
    span = failure.value.diagnostics[0].span
    assert span is not None and span.line == 3
    assert span.source.name == str(path)


def test_a_node_met_again_is_its_first_one_and_unknown_keys_do_not_matter() -> None:
    text = Writer().program(parse_text("struct S { bit<9> a; bit<9> b; bit<9> c; }"))
    tree = json.loads(text)
    struct = tree["objects"]["vec"][0]
    assert set(struct["fields"]["vec"][2]["type"]) == {"Node_ID"}
    struct["someday"] = {"Node_Type": "Novelty", "Node_ID": 999}
    read = read_json_text(json.dumps(tree)).declarations[0]
    assert isinstance(read, ast.FieldsDecl)
    assert {f.type for f in read.fields} == {read.fields[0].type}


# ---------------------------------------------------------------- what is wrong with JSON


def _span() -> Any:
    from cora.diagnostics import Source, Span

    return Span(Source("", ""), 0, 0)


def _program(writer: Writer, *objects: Any) -> ast.Program:
    return read_json_text(json.dumps(writer.node("P4Program", objects=writer.vector(list(objects)))))


def _written(folder: Path, text: str) -> Path:
    path = folder / "tree.json"
    path.write_text(text)
    return path


def _refusal(text: str) -> str:
    with pytest.raises(UserError) as failure:
        read_json_text(text)
    (only,) = failure.value.diagnostics
    assert only.help
    return f"{only.code} {only.message}"


def test_truncated_json_is_refused_wherever_it_ends() -> None:
    text = Writer().program(parse_text("const bit<8> A = 1;"))
    for end in range(0, len(text), 97):
        assert _refusal(text[:end]).startswith("C0127 ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "C0128 p4c's output isn't a P4Program"),
        ("3", "C0128 p4c's output isn't a P4Program"),
        ('{"Node_Type": "P4Control"}', "C0128 p4c's output isn't a P4Program"),
        ("[" * 100_000, "C0127 p4c's output is no JSON: nested too deeply"),
        ('{"Node_Type": "P4Program", "objects": {"vec": 3}}', "has no usable 'objects'"),
        ('{"Node_Type": "P4Program", "objects": {"vec": [{"Node_ID": 7}]}}', "C0130 p4c's output refers to the node 7"),
        ('{"Node_Type": "P4Program", "objects": {"vec": [{"Node_Type": "Type_Struct"}]}}', "has no usable 'name'"),
        ('{"Node_Type": "P4Program", "objects": {"vec": [{"Node_Type": "Hologram"}]}}', "node type Hologram"),
    ],
)  # fmt: skip
def test_json_that_is_no_program(text: str, said: str) -> None:
    assert said in _refusal(text)


def test_a_node_inside_of_itself() -> None:
    loop = {"Node_ID": 5, "Node_Type": "Neg", "expr": {"Node_ID": 5}}
    writer = Writer()
    kind = writer.node("Type_Boolean")
    const = {"Node_ID": 99, "Node_Type": "Declaration_Constant", "name": "A", "type": kind, "initializer": loop}
    tree = {"Node_ID": 100, "Node_Type": "P4Program", "objects": {"vec": [const]}}
    assert "a node inside of itself" in _refusal(json.dumps(tree))


@pytest.mark.parametrize("wrong", [None, 3, "x", [], {}, {"Node_Type": "Novelty"}])
def test_any_field_of_any_node_may_be_wrong(wrong: Any) -> None:
    """Each field of each kind of node in turn: a refusal with a code, or a program."""
    tree = json.loads(Writer().program(parse_text(SMALL)))
    seen: dict[tuple[str, str], Any] = {}
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            for field in node:
                seen.setdefault((str(node.get("Node_Type")), field), node)
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    assert len(seen) > 200
    for (_, field), node in seen.items():
        kept = node[field]
        node[field] = wrong
        try:
            read_json_text(json.dumps(tree))
        except UserError as failure:
            assert {d.code for d in failure.diagnostics} <= {"C0128", "C0129", "C0130"}
        finally:
            node[field] = kept


# ---------------------------------------------------------------- p4c's own output


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs {path}")
    return path


def _ir(typed: ast.TypedProgram) -> Program:
    return lower_program(typed, LowerOptions())


@pytest.mark.shared
@pytest.mark.parametrize("stage", ["parse-only", "validate"])
@pytest.mark.parametrize("name", NAMES)
def test_both_front_ends_lower_to_the_same_ir(name: str, stage: str) -> None:
    program = shared(f"{name}.p4")
    read = load_json(shared(f"{name}.{stage}.json.gz"), program=program)
    assert print_program(_ir(read)) == print_program(_ir(load_program(program)))


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_the_mid_ends_program_does_the_same_to_packets(name: str) -> None:
    """Where p4c has inlined, copied and renamed, the IR may differ, but not what happens to packets."""
    program = shared(f"{name}.p4")
    own, theirs = _ir(load_program(program)), _ir(load_json(shared(f"{name}.midend.json.gz"), program=program))
    stores = Store(own), Store(theirs)
    random_ = random.Random(4)
    sent = 0
    for i in range(400):
        packet = Packet(_frame(random_), port=random_.randrange(2), time_ns=i * 1_000_000)
        results = [run(ir, store, packet) for ir, store in zip((own, theirs), stores, strict=True)]
        assert _effect(results[0]) == _effect(results[1])
        sent += "Sent" in repr(results[0])
    assert name != "conntrack_pna" or 0 < sent < 400


def _frame(random_: random.Random) -> bytes:
    """TCP and UDP between few hosts, some packets cut short."""
    protocol = random_.choice([6, 6, 17, 1])
    hosts = [bytes([10, 0, 0, random_.randrange(2)]) for _ in range(2)]
    ports = b"".join(random_.choice([b"\x00\x50", b"\x10\x00"]) for _ in range(2))
    flags = random_.choice([0x02, 0x10, 0x12, 0x11, 0x04])
    ip = bytes([0x45, 0, 0, 40, 0, 0, 0, 0, random_.choice([1, 2, 64]), protocol, 0, 0]) + hosts[0] + hosts[1]
    tcp = ports + bytes(8) + bytes([0x50, flags]) + bytes(6)
    frame = bytes(12) + random_.choice([b"\x08\x00"] * 5 + [b"\x86\xdd"]) + ip + tcp
    return frame[: random_.choice([len(frame)] * 5 + [20, 36])]


def _effect(outcome: object) -> str:
    """What left, without the names that the two programs give to the reasons of drops."""
    text = repr(outcome)
    return "dropped" if "Sent" not in text else text


@pytest.mark.shared
def test_the_name_of_a_zipped_tree_is_its_programs() -> None:
    path = shared("conntrack_pna.parse-only.json.gz")
    assert load_json(path).name == "conntrack_pna"
    assert gzip.decompress(path.read_bytes())[:1] == b"{"
