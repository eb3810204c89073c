"""Hashes, checksums and random numbers as C; the algorithms are defined in `cora.ir.hashes`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cora.codegen.context import Context
from cora.codegen.expr import masked
from cora.codegen.packing import Part, chunks, groups, number, padded, pieces
from cora.codegen.packing import bits as bit_text
from cora.diagnostics import error
from cora.ir.hashes import TOEPLITZ_KEY
from cora.ir.nodes import Checksum, Expr, Hash, Random, width

_HASH_BITS = {"crc32": 32, "crc16": 16, "xor16": 16, "csum16": 16, "toeplitz": 32}


def write_hash(c: Context, op: Hash) -> None:
    parts = padded([c.part(e, op.span) for e in op.inputs], 8)
    if op.algorithm == "identity":
        c.assign(op.dst, number(parts, op.dst.width))
        return
    with c.out.block():
        match op.algorithm:
            case "crc32":
                _crc(c, parts, "0xffffffffULL", "crc32_table")
                c.out("hash ^= 0xffffffff;")
            case "crc16":
                _crc(c, parts, "0ULL", "crc16_table")
            case "xor16":
                terms = " ^ ".join(text for text, _, _ in chunks(padded(parts, 64), 64)) or "0ULL"
                c.out(f"u64 hash = {terms};")
                c.out("hash ^= hash >> 32;")
                c.out("hash = (hash ^ hash >> 16) & 0xffff;")
            case "csum16":
                c.out(f"u64 hash = fold({_sum(parts)}) ^ 0xffff;")
            case "toeplitz":
                _toeplitz(c, parts)
        fits = op.dst.width >= _HASH_BITS[op.algorithm]
        c.assign(op.dst, "hash" if fits else masked("hash", op.dst.width))


def _crc(c: Context, parts: Sequence[Part], initial: str, table: str) -> None:
    c.out(f"u64 hash = {initial};")
    for group in groups(parts):
        for at, size in pieces(group.size):
            text = bit_text(group.parts, at * 8, size * 8)
            c.out(f"hash = crc_bytes(hash, {text}, {size}, {table});")


def _toeplitz(c: Context, parts: Sequence[Part]) -> None:
    key_bits = len(TOEPLITZ_KEY) * 8
    doubled = int.from_bytes(TOEPLITZ_KEY * 2, "big")
    c.out("u64 hash = 0;")
    for text, at, count in chunks(parts, 32):
        window = doubled >> (2 * key_bits - at % key_bits - 64) & (1 << 64) - 1
        c.out(f"hash ^= toeplitz_bits({text}, {count}, {window:#x}ULL);")


def _sum(parts: Sequence[Part], complemented: bool = False) -> str:
    """The sum of the 16-bit words of a bit string, not folded. Up to 32 bits are added at once: that folds to the same.
    Parts that begin and end between words are terms of their own, which takes no shifts."""
    terms: list[str] = []
    for run in _word_runs(padded(parts, 16)):
        # A run of one part begins with its odd word, so that the rest are 32 bits each.
        odd = sum(p.width for p in run) % 32
        cuts = [(bit_text(run, 0, odd), odd)] if odd else []
        cuts += [(bit_text(run, at, 32), 32) for at in range(odd, sum(p.width for p in run), 32)]
        for text, count in cuts:
            terms.append(f"({text} ^ {(1 << count) - 1:#x})" if complemented else text)
    return " + ".join(terms) or "0ULL"


def _word_runs(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The shortest runs of parts that begin and end between 16-bit words."""
    run: list[Part] = []
    for part in parts:
        run.append(part)
        if sum(p.width for p in run) % 16 == 0:
            yield run
            run = []


def write_checksum(c: Context, op: Checksum) -> None:
    def parts(exprs: Sequence[Expr]) -> list[Part]:
        return [c.part(e, op.span) for e in exprs]

    with c.out.block():
        c.out(f"u64 sum = {c.expr(op.start)} + {_sum(parts(op.added))} + {_sum(parts(op.removed), True)};")
        if op.payload:
            c.out("struct cora_payload_sum payload = {.ctx = ctx, .at = (u32)cursor, .end = (u32)size};")
            c.out("loop(((u32)size - (u32)cursor + 63) / 64, cora_sum_payload, &payload, 0);")
            c.out("sum += payload.sum;")
        c.assign(op.dst, "fold(sum)")


PAYLOAD_SUM = """\
/* Adds up the packet from `at` to `end`, 64 bytes a call; the last ones are padded with zeros. */
struct cora_payload_sum {
	struct xdp_md *ctx;
	u64 sum;
	u32 at, end;
	u8 bytes[64];
};

static long cora_sum_payload(u64 index, struct cora_payload_sum *p)
{
	u32 count = p->end - p->at;
	u64 *words = (u64 *)p->bytes;

	for (u32 i = 0; i < 8; i++)
		words[i] = 0;
	if (count > 64)
		count = 64;
	OPAQUE(count);
	if (!count || count > 64 || load_bytes(p->ctx, p->at, p->bytes, count))
		return 1;
	/* Folded each time, so that the verifier knows a bound that the next round doesn't raise. */
	p->sum = (p->sum & 0xffffffff) + (p->sum >> 32);
	for (u32 i = 0; i < 64; i += 4)
		p->sum += get_32(p->bytes + i);
	p->at += count;
	return 0;
}
"""


def write_random(c: Context, op: Random) -> None:
    bits = width(op.lo)
    if bits > 64:
        raise error(
            "C0752",
            f"a random number between {bits}-bit bounds; XDP programs divide up to 64 bits",
            op.span,
            help="use bounds of at most 64 bits",
        )
    with c.out.block():
        c.out(f"u64 low = {c.expr(op.lo, op.span)};")
        span = masked(f"({c.expr(op.hi, op.span)} - low)", bits)
        c.out(f"u64 span = {span} + 1; /* 0 stands for 2^64 */")
        draws = c.name("$draws")
        c.out(f"u64 number = splitmix64({c.name('$seed')}, {draws});")
        c.out(f"{draws} = {draws} + 1;")
        value = "(low + (span ? number % span : number))"
        if op.dst.width > 64:
            value = "((u128)low + (span ? number % span : number))"
        c.assign(op.dst, value if op.dst.width > 64 else masked(value, op.dst.width))
