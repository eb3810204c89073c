"""What the architectures' parts mean: forwarding, metadata, tables, flow tables, registers, hashes, checksums."""

from __future__ import annotations

import zlib

from p4_programs import Runner, lower, pna_a, pna_b, v1model

from cora.ir.nodes import Access, Entry, KeyMatch
from cora.lower import LowerOptions

# ---------------------------------------------------------------- PNA


def test_the_last_forwarding_call_wins() -> None:
    assert Runner(pna_b("drop_packet(); send_to_port((PortId_t) 3);")).send("01020304") == "3 01020304"
    assert Runner(pna_b("send_to_port((PortId_t) 3); drop_packet();")).send("01020304") == "dropped"


def test_no_forwarding_call_drops() -> None:
    text = pna_b("").replace("send_to_port((PortId_t) 1);", "")
    assert Runner(text).send("01020304") == "no_verdict"


def test_the_reason_of_a_drop_is_the_action() -> None:
    runner = Runner(pna_b("outer();", locals="action inner() { drop_packet(); exit; } action outer() { inner(); }"))
    assert runner.send("01020304") == "outer"


def test_input_metadata_and_directions() -> None:
    body_b = "h.eth.a = (bit<8>) (PortIdUint_t) istd.input_port; if (is_host_port(istd.input_port)) { h.eth.b = 9; }"
    body_b += "if (!is_net_port(istd.input_port)) { h.eth.c = 0; }"
    runner = Runner(pna_b(body_b), LowerOptions(host_ports=frozenset((2, 5))))
    assert runner.send("01020304", port=5) == "1 05090000"
    assert runner.send("01020304", port=4) == "1 04020304"
    body_a = "h.eth.a = SelectByDirection(istd.direction, h.eth.b, (bit<8>) 0xff);"
    body_a += "h.eth.c = (bit<16>) (TimestampUint_t) istd.timestamp;"
    runner = Runner(pna_a(body_a), LowerOptions(host_ports=frozenset((2,))))
    runner.time_ns = 0x12345
    assert runner.send("01020304", port=1) == "1 02022345"
    assert runner.send("01020304", port=2) == "1 ff022345"


COUNT = """
    Register<bit<8>, bit<32>>(4, 7) cells;
    Counter<bit<64>, bit<8>>(2, PNA_CounterType_t.PACKETS) seen;
"""


def test_registers_and_counters() -> None:
    body = "bit<32> i = (bit<32>) h.eth.a; h.eth.b = cells.read(i); cells.write(i, h.eth.b + 1); seen.count(h.eth.a);"
    runner = Runner(pna_b(body, locals=COUNT))
    assert [runner.send("01000000"), runner.send("01000000")] == ["1 01070000", "1 01080000"]
    assert runner.send("09000000") == "1 09000000"
    assert runner.store.snapshot()["cells"] == {1: (9,)}
    assert runner.store.snapshot()["seen"] == {1: (2, 8)}
    assert [op.kind for b in runner.program.blocks for op in b.ops if isinstance(op, Access)] == ["rmw", "count"]


def test_hashes_and_checksums() -> None:
    locals = """
        Hash<bit<16>>(PNA_HashAlgorithm_t.CRC32) crc;
        InternetChecksum() sum;
    """
    runner = Runner(pna_b("h.eth.c = crc.get_hash({ h.eth.a, h.eth.b });", locals=locals))
    assert runner.send("01020000") == f"1 0102{zlib.crc32(bytes((1, 2))) & 0xFFFF:04x}"
    runner = Runner(pna_b("h.eth.c = crc.get_hash(16w100, { h.eth.a, h.eth.b }, 16w10);", locals=locals))
    assert runner.send("01020000") == f"1 0102{100 + (zlib.crc32(bytes((1, 2))) & 0xFFFF) % 10:04x}"
    body = "sum.clear(); sum.add({ h.eth.a, h.eth.b }); sum.add(16w0xffff); sum.subtract(h.eth.c); h.eth.c = sum.get();"
    runner = Runner(pna_b(body, locals=locals))
    assert runner.send("01020003") == "1 0102ff00"  # ~(0x0102 - 3)


FLOWS = """
    Register<bit<8>, FlowId_t>(64) state;
    action known(FlowId_t id, bit<8> opener) {
        m.id = id;
        m.flag = true;
        h.eth.b = opener;
        set_entry_expire_time((ExpireTimeProfileId_t) (h.eth.a == 2 ? 8w1 : 8w0));
    }
    action unknown() {
        if (h.eth.c != 0) {
            m.id = allocate_flow_id();
            m.flag = ADD("known", { id = m.id, opener = h.eth.a }, (ExpireTimeProfileId_t) 0) SUCCESS;
        }
    }
    table flows {
        key = { h.eth.c: exact @name("c"); }
        actions = { @tableonly known; @defaultonly unknown; }
        const default_action = unknown;
        add_on_miss = true;
        size = 2;
    }
"""
USE = """
    flows.apply();
    if (m.flag) { bit<8> s = state.read(m.id); if (h.eth.a != 9) { state.write(m.id, s + 1); } h.eth.a = s; }
"""
SECONDS = LowerOptions(idle_timeouts_ns=(1_000_000_000, 5_000_000_000))


def check_flows(runner: Runner) -> None:
    values = [f.name for f in runner.program.state("flows").values]
    assert values == ["$profile", "known.opener", "state"]
    assert [s.name for s in runner.program.states] == ["flows"]
    assert runner.send("01000007") == "1 00000007"
    assert runner.send("01000007") == "1 01010007"
    assert runner.send("02000007") == "1 02010007"
    assert runner.store.snapshot()["flows"][(7,)][0] == (1, 1, 3)
    assert runner.send("09000007", wait_ns=4_000_000_000) == "1 03010007"
    assert runner.send("05000007", wait_ns=1_000_000_001) == "1 00000007"  # expired: a new entry, state from 0
    assert runner.send("05000007") == "1 01050007"
    assert runner.send("05000008") == "1 00000008"
    assert runner.send("05000009") == "1 05000009"  # full
    assert runner.send("05000000") == "1 05000000"  # no entry wanted


def test_flow_tables_generation_a() -> None:
    locals = FLOWS.replace("ADD", "add_entry").replace("SUCCESS", "")
    check_flows(Runner(pna_a(USE, locals=locals), SECONDS))


def test_flow_tables_generation_b() -> None:
    locals = FLOWS.replace("ADD", "add_entry").replace("SUCCESS", "== ADD_ENTRY_SUCCESS")
    check_flows(Runner(pna_b(USE, locals=locals), SECONDS))


def test_conditional_functions_of_generation_b() -> None:
    known = """
        h.eth.a = 0xee;
        update_expire_info(h.eth.b != 0, h.eth.b == 2, (ExpireTimeProfileId_t) 1);
        set_entry_expire_time_if(h.eth.b == 3, (ExpireTimeProfileId_t) 1);
    """
    unknown = """
        if (add_entry_if(h.eth.a == 1, "known", {}, (ExpireTimeProfileId_t) 0) == ADD_ENTRY_SUCCESS) { h.eth.b = 0xaa; }
    """
    locals = f"""
        action known() {{ {known} }}
        action unknown() {{ {unknown} }}
        table t {{
            key = {{ h.eth.c: exact; }} actions = {{ known; @defaultonly unknown; }}
            const default_action = unknown; add_on_miss = true;
        }}
    """
    runner = Runner(pna_b("t.apply();", locals=locals), SECONDS)
    assert runner.send("00000001") == "1 00000001"
    assert runner.send("01000001") == "1 01aa0001"
    assert runner.send("00000001") == "1 ee000001"
    assert runner.send("00010001", wait_ns=900_000_000) == "1 ee010001"  # restarts the timer
    assert runner.send("00020001", wait_ns=900_000_000) == "1 ee020001"  # and now lives for 5 s
    assert runner.send("00000001", wait_ns=5_000_000_000) == "1 ee000001"
    assert runner.send("00000001", wait_ns=1) == "1 00000001"
    assert runner.program.state("t").capacity == 1024


def test_an_unchanged_value_is_not_written() -> None:
    program = lower(pna_b(USE, locals=FLOWS.replace("ADD", "add_entry").replace("SUCCESS", "== ADD_ENTRY_SUCCESS")))
    for block in program.blocks:
        for op in block.ops:
            if isinstance(op, Access) and op.kind == "update" and op.field == "$profile":
                assert block.ops == (op,)  # it stands alone behind its guard
                break
    assert sum(op.kind == "update" for b in program.blocks for op in b.ops if isinstance(op, Access)) >= 2


TABLE = """
    action set(bit<8> v) { h.eth.a = v; }
    action mark(in bit<8> d, bit<8> v) { h.eth.b = v + d; }
    action away() { drop_packet(); }
    table t {
        key = { h.eth.a: KIND @name("a"); h.eth.c: KIND2 @name("c"); }
        actions = { set; mark(h.eth.a); away; }
        default_action = set(0xdd);
        ENTRIES
    }
"""


def test_tables_hits_defaults_and_const_entries() -> None:
    entries = "const entries = { (1, 0x1200 &&& 0xff00): set(7); (1, 0x1210 &&& 0xfff0): mark(3); (2, _): away(); }"
    locals = TABLE.replace("KIND2", "lpm").replace("KIND", "exact").replace("ENTRIES", entries)
    runner = Runner(pna_b("if (t.apply().hit) { h.eth.c = 1; }", locals=locals))
    assert runner.send("01001234") == "1 07000001"
    assert runner.send("01001211") == "1 01040001"
    assert runner.send("02001234") == "away"
    assert runner.send("03001234") == "1 dd001234"
    body = "switch (t.apply().action_run) { set: { h.eth.c = 1; } mark: { h.eth.c = 2; } default: { h.eth.c = 3; } }"
    runner = Runner(pna_b(body, locals=locals))
    assert runner.send("01001234") == "1 07000001"
    assert runner.send("01001211") == "1 01040002"
    assert runner.send("03001234") == "1 dd000001"


def test_the_first_ternary_entry_wins() -> None:
    entries = "entries = { (_, 5 .. 9): set(1); (1 &&& 1, _): set(2); (_, _): mark(0); }"
    locals = TABLE.replace("KIND2", "range").replace("KIND", "ternary").replace("ENTRIES", entries)
    runner = Runner(pna_b("t.apply();", locals=locals))
    assert [runner.send(f"{a:02x}00{c:04x}") for a, c in ((1, 5), (1, 10), (2, 10))] == [
        "1 01000005", "1 0200000a", "1 0202000a",
    ]  # fmt: skip


def test_entries_of_the_control_plane() -> None:
    locals = TABLE.replace("KIND2", "exact").replace("KIND", "exact").replace("ENTRIES", "size = 4;")
    runner = Runner(pna_b("bool was = t.apply().miss; if (was) { h.eth.c = 0; }", locals=locals))
    state = runner.program.state("t")
    assert ([k.name for k in state.key], state.capacity) == (["a", "c"], 4)
    assert [f.name for f in state.values] == ["action", "set.v", "mark.v"]
    assert state.default == (0, 0xDD, 0)
    runner.store.add_entry("t", Entry((KeyMatch(1), KeyMatch(2)), (1, 0, 5)))
    assert runner.send("01000002") == "1 01060002"
    assert runner.send("01000003") == "1 dd000000"


def test_a_table_without_default_action_does_nothing_on_a_miss() -> None:
    locals = "action a() { h.eth.a = 9; } table t { key = { h.eth.b: exact; } actions = { a; } }"
    runner = Runner(pna_b("t.apply();", locals=locals))
    assert runner.program.state("t").actions == ("a", "NoAction")
    runner.store.add_entry("t", Entry((KeyMatch(2),), (0,)))
    assert [runner.send("01020304"), runner.send("01030304")] == ["1 09020304", "1 01030304"]


def test_names_of_states() -> None:
    top = """
    control Inner(inout eth_h e) {
        Register<bit<8>, bit<32>>(4) cells;
        @name("front") Register<bit<8>, bit<32>>(4) other;
        apply { e.a = cells.read(0); other.write(0, e.a); }
    }
    """
    program = lower(pna_b("one.apply(h.eth); two.apply(h.eth);", top=top, locals="Inner() one; Inner() two;"))
    assert {s.name for s in program.states} == {
        "Main.one.cells", "Main.one.front", "Main.two.cells", "Main.two.front",
    }  # fmt: skip


def test_lowering_is_deterministic() -> None:
    text = pna_a(USE, locals=FLOWS.replace("ADD", "add_entry").replace("SUCCESS", ""))
    assert lower(text) == lower(text)


# ---------------------------------------------------------------- v1model


def test_v1model_forwarding() -> None:
    assert Runner(v1model("sm.egress_spec = 3;")).send("01020304") == "3 01020304"
    assert Runner(v1model("")).send("01020304") == "0 01020304"
    assert Runner(v1model("mark_to_drop(sm); sm.egress_spec = 2;")).send("01020304") == "2 01020304"
    assert Runner(v1model("sm.egress_spec = 2; mark_to_drop(sm);")).send("01020304") == "dropped"
    egress = "h.eth.a = (bit<8>) sm.egress_port; if (h.eth.b == 1) { mark_to_drop(sm); }"
    assert Runner(v1model("sm.egress_spec = 5;", egress=egress)).send("01020304") == "5 05020304"
    assert Runner(v1model("sm.egress_spec = 5;", egress=egress)).send("01010304") == "dropped"


def test_v1model_metadata() -> None:
    body = "h.eth.a = (bit<8>) sm.packet_length; h.eth.b = (bit<8>) sm.ingress_port;"
    body += "h.eth.c = sm.ingress_global_timestamp[15:0];"
    runner = Runner(v1model(body))
    runner.time_ns = 7_000_999
    assert runner.send("0102030405", port=6) == f"0 0506{7000:04x}05"
    assert (
        Runner(v1model("if (sm.parser_error == error.PacketTooShort) { h.eth.setValid(); }")).send("01")
        == "0 00000000" + "01"
    )


def test_v1model_objects() -> None:
    locals = "register<bit<8>>(4) cells; counter(4, CounterType.packets) seen;"
    body = """
        bit<8> v; cells.read(v, (bit<32>) h.eth.a); cells.write((bit<32>) h.eth.a, v + 1); seen.count(1);
        hash(h.eth.c, HashAlgorithm.crc32, 16w10, { h.eth.a }, 32w5); h.eth.b = v;
    """
    runner = Runner(v1model(body, locals=locals))
    expected = 10 + zlib.crc32(bytes((1,))) % 5
    assert [runner.send("01000000"), runner.send("01000000")] == [f"0 0100{expected:04x}", f"0 0101{expected:04x}"]
    assert runner.store.snapshot()["seen"] == {1: (2, 8)}


def test_v1model_checksums() -> None:
    check = "verify_checksum(true, { h.eth.a, h.eth.b }, h.eth.c, HashAlgorithm.csum16);"
    update = "update_checksum(h.eth.isValid(), { h.eth.a, h.eth.b }, h.eth.c, HashAlgorithm.csum16);"
    runner = Runner(v1model("h.eth.a = (bit<8>) sm.checksum_error;", verify=check, compute=update))
    assert runner.send("0102fefd") == "0 0002fffd"
    assert runner.send("0102fefe") == "0 0102fefd"
    payload = "update_checksum_with_payload(true, { h.eth.a, h.eth.b }, h.eth.c, HashAlgorithm.csum16);"
    assert Runner(v1model("", compute=payload)).send("010200000001") == "0 0102fefc0001"


def test_v1model_random_and_digest() -> None:
    runner = Runner(v1model("random(h.eth.a, 8w3, 8w5); digest<meta_t>(1, m);"))
    assert int(runner.send("01020304")[2:4], 16) in (3, 4, 5)
    assert any("digest meta_t" in line for line in _text(runner).splitlines())


def _text(runner: Runner) -> str:
    from cora.ir.text import print_program

    return print_program(runner.program)
