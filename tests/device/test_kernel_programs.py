"""Small programs, one feature each: the kernel gives what the interpreter gives, and both give what is right."""

from __future__ import annotations

import pytest
from kernel_helpers import assert_same, one_block

from cora.device.kernel_run import KernelRunner
from cora.ir.interp import run
from cora.ir.nodes import Entry, KeyMatch
from cora.ir.packets import DigestMessage, Dropped, Packet, Sent
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.split import whole

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]

FRAME = bytes.fromhex("020000000001020000000002 1234 5abc") + b"payload"


def packets(*times_ns: int, data: bytes = FRAME, port: int = 3) -> list[Packet]:
    return [Packet(data, port, time_ns, 42) for time_ns in times_ns]


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        # Check values of "123456789" in the catalogue of CRC algorithms; the others by hand.
        ("crc32", 0xCBF43926),
        ("crc16", 0xBB3D),
        ("xor16", 0x3132 ^ 0x3334 ^ 0x3536 ^ 0x3738 ^ 0x3900),
        ("csum16", 0xFFFF - (0x3132 + 0x3334 + 0x3536 + 0x3738 + 0x3900) % 0xFFFF),
        ("identity", 0x36373839),
    ],
)
def test_hashes_have_their_check_values(algorithm: str, expected: int) -> None:
    ops = (
        f"x:32 = hash {algorithm} (0x3132333435363738:64, 0x39:8)\n  y:48 = zext(x:32, 48)\n  h.src:48 = y:48\n  emit h"
    )
    (result,) = assert_same(one_block("", ops, "forward 1:16"), packets(0))
    assert isinstance(result, Sent)
    assert int.from_bytes(result.data[6:12], "big") == expected


def test_toeplitz_has_microsofts_value() -> None:
    # 66.9.149.187:2794 -> 161.142.100.80:1766, from the documentation of receive-side scaling.
    ops = "x:32 = hash toeplitz (0x420995bb:32, 0xa18e6450:32, 2794:16, 1766:16)\n  h.src:48 = zext(x:32, 48)\n  emit h"
    (result,) = assert_same(one_block("", ops, "forward 1:16"), packets(0))
    assert isinstance(result, Sent) and int.from_bytes(result.data[6:12], "big") == 0x51CCC178


def test_a_hash_of_what_the_verifier_doesnt_know_is_followed_on_one_path() -> None:
    """Masks of 0 or -1 and branches on bits would give the verifier 2^40 paths."""
    states = "register r [index:8] -> (v:48) capacity 4"
    ops = (
        "(v:48) = read r [h.a:4 ++ 0:4]\n  x:16 = hash toeplitz (3:3, v:48[43..12])\n"
        "  h.src:48 = zext(x:16, 48)\n  emit h"
    )
    assert_same(one_block(states, ops, "forward 1:16"), packets(0))


def test_headers_are_written_back_in_place() -> None:
    ops = "h.b:12 = h.b:12 + 1:12\n  h.src:48 = h.dst:48\n  emit h"
    (result,) = assert_same(one_block("", ops, "forward zext(h.a:4, 16)"), packets(0))
    assert result == Sent(5, FRAME[:6] + FRAME[:6] + FRAME[12:14] + b"\x5a\xbd" + b"payload")


PUSH_AND_POP = """program tunnel for test
header eth: dst:48 src:48 kind:16
header tag: id:12 flags:4 kind:16
body main
block start
  ok:1 = room 112:32
  if ok:1 then link else main
block link
  extract eth
  if eth.kind:16 == 0x8100:16 then tagged else main
block tagged
  ok:1 = room 32:32
  if ok:1 then take else main
block take
  extract tag
  goto main
block main
  if tag.$valid:1 then pop else push
block push
  valid tag
  tag.id:12 = 77:12
  tag.flags:4 = 0:4
  tag.kind:16 = eth.kind:16
  eth.kind:16 = 0x8100:16
  goto out
block pop
  eth.kind:16 = tag.kind:16
  invalid tag
  goto out
block out
  emit eth
  emit tag
  forward 2:16
"""


def test_headers_are_pushed_and_popped() -> None:
    plain = FRAME[:12] + b"\x08\x00" + b"the rest"
    tagged = FRAME[:12] + b"\x81\x00\x04\xd0\x08\x00" + b"the rest"
    results = assert_same(parse_program(PUSH_AND_POP), [Packet(plain, 0, 0), Packet(tagged, 0, 0)])
    assert results == [Sent(2, tagged), Sent(2, plain)]


def test_many_headers_that_may_be_missing() -> None:
    """With so many, the place in the output goes through memory, lest the verifier follow each set of them apart."""
    sizes = [8 * (1 + n % 13) for n in range(24)]
    headers = "\n".join(f"header o{n}: a:{size}" for n, size in enumerate(sizes))
    choices = "\n".join(
        f"block pick{n}\n  if h.src:48[{n}..{n}] then add{n} else pick{n + 1}\n"
        f"block add{n}\n  valid o{n}\n  o{n}.a:{size} = {n + 1}:{size}\n  goto pick{n + 1}"
        for n, size in enumerate(sizes)
    )
    emits = "\n".join(f"  emit o{n}" for n in range(24))
    program = parse_program(
        f"""program many for test
header h: dst:48 src:48 kind:16
{headers}
body main
block start
  ok:1 = room 112:32
  if ok:1 then parse else main
block parse
  extract h
  goto main
block main
  goto pick0
{choices}
block pick24
  emit h
{emits}
  forward 2:16
"""
    )
    frames = [FRAME[:6] + source.to_bytes(6, "big") + FRAME[12:] for source in (0, 0x842184, 0x555555, 0xFFFFFF)]
    results = assert_same(program, [Packet(f, 0, 0) for f in frames])
    for frame, result in zip(frames, results, strict=True):
        chosen = [n for n in range(24) if int.from_bytes(frame[6:12], "big") >> n & 1]
        added = b"".join((n + 1).to_bytes(sizes[n] // 8, "big") for n in chosen)
        assert result == Sent(2, frame[:14] + added + frame[14:])


FLOWS = "flow_table flows [k:16, big:128] -> ($profile:8, n:16, wide:128) capacity 2 idle (10, 100)"
COUNT_FLOWS = """  (hit:1, p:8, n:16, w:128) = lookup flows [h.kind:16, 5:128]
  n1:16 = n:16 + 1:16
  touch flows [h.kind:16, 5:128]
  update flows [h.kind:16, 5:128] field n (n1:16)
  if hit:1 then old else new
block old
  update flows [h.kind:16, 5:128] field $profile (1:8)
  emit h
  forward n:16
block new
  (status:8) = insert flows [h.kind:16, 5:128] (0:8, 1:16, 0x1000000000000000000000001:128)
  if status:8 == 0:8 then made else full
block made
  emit h
  forward 100:16
block full"""


def test_flow_entries_expire_by_their_profile_and_fill_the_table() -> None:
    program = one_block(FLOWS, COUNT_FLOWS, "drop full")
    others = [Packet(FRAME[:12] + bytes((9, n)) + FRAME[14:], 0, 130) for n in range(2)]
    results = assert_same(program, [*packets(0, 10, 110, 111, 212), *others])
    ports = [r.port if isinstance(r, Sent) else r.reason for r in results]
    # Fresh up to 10 ns, then up to 100; expired and made again (by touching first); the third key finds no room.
    assert ports == [100, 1, 2, 3, 100, 100, "full"]


def test_copies_are_looked_at_taken_back_and_merged() -> None:
    ops = """  delete flows [1:16, 5:128]
  install flows [1:16, 5:128] ($time:64, 1:8, 7:16, 9:128)
  install flows [1:16, 5:128] (9:64, 1:8, 8:16, 9:128)
  merge flows [1:16, 5:128] (1:1, 500:64)
  (found:1, last:64, p:8, n:16, w:128) = peek flows [1:16, 5:128]
  (gone:1, when:64) = evict flows [2:16, 5:128] (3:32)
  (still:1, then:64) = evict flows [2:16, 5:128] (4:32)
  forget flows [2:16, 5:128] (2:32)
  (there:1, a:64, b:8, d:16, e:128) = peek flows [2:16, 5:128]
  forget flows [2:16, 5:128] (zext(gone:1, 32) + 2:32)
  install flows [2:16, 5:128] (77:64, 0:8, 0:16, 0:128)
  h.src:48 = last:64[47..0]
  emit h"""
    results = assert_same(one_block(FLOWS, ops, "forward zext(gone:1, 16)"), packets(5, 600))
    assert [r.port for r in results if isinstance(r, Sent)] == [0, 1]
    assert [int.from_bytes(r.data[6:12], "big") for r in results if isinstance(r, Sent)] == [500, 600]


def test_records_are_released_and_adopted() -> None:
    ops = """  delete flows [1:16, 5:128]
  delete flows [2:16, 5:128]
  install flows [1:16, 5:128] ($time:64, 1:8, 7:16, 9:128)
  (found:1, left:32, last:64, p:8, n:16, w:128) = release flows [1:16, 5:128] (9:32)
  (again:1, left2:32, l:64, q:8, m:16, v:128) = release flows [1:16, 5:128] (10:32)
  install flows [2:16, 5:128] ($time:64, 1:8, 1:16, 9:128)
  offer flows [2:16, 5:128] (8:32)
  (offered:1, o:64, r:8, t:16, u:128) = peek flows [2:16, 5:128]
  touch flows [2:16, 5:128]
  update flows [2:16, 5:128] field n (99:16)
  (hit:1, x:8, y:16, z:128) = lookup flows [2:16, 5:128]
  adopt flows [2:16, 5:128] (again:1, left2:32, last:64 + 1:64, p:8, (n:16 + t:16) + zext(hit:1, 16), w:128)
  adopt flows [2:16, 5:128] (found:1, 11:32, 1:64, q:8, m:16, v:128)
  (f2:1, l2:64, p2:8, n2:16, w2:128) = peek flows [2:16, 5:128]
  h.src:48 = l2:64[47..0]
  emit h"""
    results = assert_same(one_block(FLOWS, ops, "forward n2:16"), packets(5, 600))
    assert [r.port for r in results if isinstance(r, Sent)] == [8, 8]
    assert [int.from_bytes(r.data[6:12], "big") for r in results if isinstance(r, Sent)] == [6, 601]


def test_registers_and_counters() -> None:
    declarations = """register cells [index:64] -> (a:16, wide:128) capacity 4 default (7, 1)
counter seen [index:32] -> () capacity 2"""
    ops = """  (old:16, w:128) = rmw cells [zext(h.a:4, 64) - 4:64] (old:16 + 1:16, w:128 | 0x100000000000000000000:128)
  (x:16, y:128) = read cells [0x100000001:64]
  write cells [3:64] (x:16, y:128)
  merge_max cells [2:64] (1:1, 3:16, 50:128)
  count seen [1:32]
  count seen [2:32]
  emit h"""
    results = assert_same(one_block(declarations, ops, "forward old:16"), packets(0, 1))
    assert [r.port for r in results if isinstance(r, Sent)] == [7, 8]


TABLES = """table plain [k:16] -> (action:8, v:16) capacity 8 default (0, 1)
  row (0x1234) -> (1, 2)
table routes [k:16 lpm, exact:4] -> (action:8, v:16) capacity 8 default (0, 3)
  row (0x1200 / 8, 5) -> (1, 4)
  row (0x1230 / 12, 5) -> (1, 5)
  row (0x1234 / 16, 6) -> (1, 6)
table acl [k:16 ternary, port:16 range] -> (action:8, v:16) capacity 8 default (0, 7)
  row (0x1000 &&& 0xf000, 0 .. 9) -> (1, 8)
  row (0x1230 &&& 0xfff0, 2 .. 3) -> (1, 9) priority 2
"""
LOOK = """  (h1:1, a1:8, v1:16) = lookup plain [h.kind:16]
  (h2:1, a2:8, v2:16) = lookup routes [h.kind:16, h.a:4]
  (h3:1, a3:8, v3:16) = lookup acl [h.kind:16, $port:16]
  h.dst:48 = (v1:16 ++ v2:16) ++ v3:16
  emit h"""


def looked(result: object) -> tuple[int, int, int]:
    assert isinstance(result, Sent)
    return tuple(int.from_bytes(result.data[at : at + 2], "big") for at in (0, 2, 4))  # pyright: ignore


def test_tables_of_every_form() -> None:
    program = one_block(TABLES, LOOK, "forward 1:16")
    other = FRAME[:12] + b"\x12\xff\x5a" + FRAME[15:]
    results = assert_same(program, [*packets(0), *packets(0, port=5), *packets(0, data=other), *packets(0, port=11)])
    assert [looked(r) for r in results] == [(2, 5, 9), (2, 5, 8), (1, 4, 8), (2, 5, 7)]


SMALL = """table wide [k:16] -> (action:8, v:16) capacity 2000 default (0, 1)
table narrow [k:4] -> (action:8, v:16) capacity 200 default (0, 3)
"""


def test_small_keys_and_others_of_one_table() -> None:
    ops = """  (h1:1, a1:8, v1:16) = lookup wide [h.kind:16]
  (h2:1, a2:8, v2:16) = lookup narrow [h.a:4]
  h.dst:48 = ((zext(h1:1, 8) ++ zext(h2:1, 8)) ++ v1:16) ++ v2:16
  emit h"""
    program = one_block(SMALL, ops, "forward 1:16")
    keys = (0, 1, 1023, 1024, 0xFFFF)
    store = Store(program)
    with KernelRunner(whole(program)) as kernel:
        for n in range(150):  # more changes than there are spare rows
            for target in (store, kernel):
                if n in (1, 2):
                    for key in keys[n:]:
                        target.add_entry("wide", Entry((KeyMatch(key),), (n, key ^ n), priority=n))
                target.add_entry("narrow", Entry((KeyMatch(15),), (1, n), priority=n))
                target.set_default("wide", (0, n))
            kernel.flush()
            for key in keys:
                frame = FRAME[:12] + key.to_bytes(2, "big") + b"\xf0" + FRAME[15:]
                for packet in packets(0, data=frame):
                    assert kernel.run(packet) == run(program, store, packet), (n, key)


def test_the_control_plane_writes_tables_and_registers() -> None:
    register = "register cells [index:32] -> (a:16) capacity 4\n"
    program = one_block(TABLES + register, LOOK + "\n  (a:16) = read cells [2:32]", "forward a:16")
    store = Store(program)
    with KernelRunner(whole(program)) as kernel:
        for target in (store, kernel):
            target.add_entry("plain", Entry((KeyMatch(0x1234),), (1, 50), priority=1))
            target.add_entry("routes", Entry((KeyMatch(0x1234, 16), KeyMatch(5)), (1, 51)))
            target.add_entry("acl", Entry((KeyMatch(0x1234, 0xFFFF), KeyMatch(0, 0xFFFF)), (1, 52), priority=9))
            target.set_default("plain", (0, 53))
            target.write_register("cells", 2, (54,))
        kernel.flush()
        result = kernel.run(packets(0)[0])
        assert looked(result) == (50, 51, 52) and isinstance(result, Sent) and result.port == 54
        assert looked(kernel.run(packets(0, data=FRAME[:12] + bytes(9))[0]))[0] == 53
        assert kernel.snapshot() == {"cells": {2: (54,)}}


def test_checksum_over_header_fields_and_payload() -> None:
    ops = "x:16 = checksum 1:16 plus (h.kind:16, h.a:4) minus (h.b:12) payload\n  h.kind:16 = x:16\n  emit h"
    for size in (0, 1, 7, 63, 64, 65, 128, 1001, 1486):
        payload = bytes((n * 37 + size) & 0xFF for n in range(size))
        assert_same(one_block("", ops, "forward 1:16"), [Packet(FRAME[:16] + payload, 0, 0)])


@pytest.mark.parametrize(
    "value",
    [
        "-h.x:71",
        "0:71 - h.x:71",
        "h.pad:48[34..0] ++ h.pad:48[35..0]",
        "(h.pad:48 ++ h.pad:48)[70..0]",
        "h.x:71 + (h.x:71 << 5:8)",
        "h.x:71 - (h.x:71 << 5:8)",
        "zext(h.pad:48[9..0], 71) | (zext(h.pad:48[9..0], 71) << 12:8)",
        "zext(h.pad:48[9..0], 71) ^ (zext(h.pad:48[9..0], 71) << 12:8)",
        "sext(h.pad:48[3..0], 71)",
        "ashr(sext(h.pad:48[3..0], 71), h.tail:9)",
    ],
)
def test_wide_values_of_which_the_compiler_would_make_products(value: str) -> None:
    """BPF has no call for products of 128 bits."""
    program = parse_program(
        f"""program products for test
header h: pad:48 x:71 tail:9
flow_table flows [k:71] -> (big:128) capacity 4
body main
block start
  room:1 = room 128:32
  if room:1 then parse else main
block parse
  extract h
  goto main
block main
  (status:8) = insert flows [{value}] ($time:64 ++ $time:64)
  emit h
  forward 1:16
"""
    )
    assert_same(program, packets(77, data=bytes(range(7, 200, 11))[:16]))


def test_a_checksum_whose_sign_is_looked_at() -> None:
    """The verifier follows the bounds of the sum: they mustn't grow with each round of the loop over the payload."""
    ops = "h.kind:16 = checksum zext(h.b:12, 16) plus () minus (h.$valid:1, ~0xfffff:21) payload\n  emit h"
    for size in (16, 100, 1500):
        assert_same(
            one_block("", ops, "forward ashr(h.kind:16, 0x1fffff:22)"), packets(0, data=(bytes(range(250)) * 6)[:size])
        )


def test_random_numbers_and_digests() -> None:
    ops = """  x:16 = random (10:16, 20:16)
  y:64 = random (0:64, 0xffffffffffffffff:64)
  digest watch (x:16, y:64, 0x10000000000000000000:128)
  digest empty ()
  emit h"""
    program = one_block("", ops, "forward x:16")
    results = assert_same(program, [Packet(FRAME, 0, 0, seed) for seed in (0, 1, 1, (1 << 64) - 1)])
    assert results[1] == results[2] != results[0]
    assert all(10 <= r.port <= 20 for r in results if isinstance(r, Sent))
    assert results[0].digests[1] == DigestMessage("empty", ())


def test_a_header_after_options_of_any_length() -> None:
    program = parse_program(
        """program options for test
header h: kind:8 words:8 pad:112
header t: a:16
body main
block start
  ok:1 = room 128:32
  if ok:1 then parse else main
block parse
  extract h
  n:32 = zext(h.words:8, 32) << 5:8
  ok:1 = room n:32
  if ok:1 then skip else main
block skip
  advance n:32
  ok:1 = room 16:32
  if ok:1 then tail else main
block tail
  extract t
  goto main
block main
  if t.$valid:1 then good else bad
block good
  emit h
  forward t.a:16
block bad
  drop short
"""
    )
    frames = [bytes((1, words)) + bytes(14) + bytes(range(1, 200)) for words in (0, 1, 40, 49, 50, 255)]
    results = assert_same(program, [Packet(f, 0, 0) for f in frames])
    assert [isinstance(r, Sent) for r in results] == [True, True, True, True, False, False]
    assert results[-1] == Dropped("short")


def test_statistics_count_packets() -> None:
    program = one_block(FLOWS, COUNT_FLOWS, "drop full")
    with KernelRunner(whole(program)) as kernel:
        for packet in packets(0, 1, 2):
            kernel.run(packet)
        stats = kernel.stats()["host"]
    assert (stats["received"], stats["received_bytes"], stats["sent"]) == (3, 3 * len(FRAME), 3)
    assert (stats["served"], stats["inserts"], stats["dropped"]) == (3, 1, 0)
