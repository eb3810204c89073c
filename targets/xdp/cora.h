/* What every engine program that Cora generates for XDP includes: types, BPF helpers, arithmetic of the IR, frames.
 *
 * Nothing else is needed to compile: no libbpf headers, no kernel headers. Values of up to 64 bits are u64, wider ones
 * u128; both are always below 2^width, so each operation that can leave that range is followed by a mask.
 */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
typedef unsigned __int128 u128;
typedef u128 __attribute__((aligned(8))) u128_cell; /* in maps and on the stack, which align to 8 bytes */

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, type) __typeof__(type) *name
/* Hides from the optimiser where a value comes from, so that the register that was checked is the one that is used. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))
#define U128(high, low) ((u128)(high) << 64 | (low))

/* ---------------------------------------------------------------- the kernel's interface (uapi/linux/bpf.h) */

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_PERCPU_ARRAY = 6, MAP_LPM_TRIE = 11, MAP_DEVMAP = 14, MAP_RINGBUF = 27 };
#ifndef MAP_COUNTERS
#define MAP_COUNTERS MAP_PERCPU_ARRAY /* the map of a counter of the program */
#endif
enum { NO_PREALLOC = 1, MMAPABLE = 1024 };
enum { IF_ABSENT = 1 }; /* a flag of map_update: changes no entry */

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u32 (*prandom_u32)(void) = (void *)7;
static long (*adjust_head)(struct xdp_md *ctx, int delta) = (void *)44;
static long (*redirect_map)(void *map, u64 key, u64 flags) = (void *)51;
static u64 (*jiffies64)(void) = (void *)118;
static long (*ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static long (*loop)(u32 count, void *callback, void *context, u64 flags) = (void *)181;
static long (*load_bytes)(struct xdp_md *ctx, u32 offset, void *to, u32 size) = (void *)189;
static long (*store_bytes)(struct xdp_md *ctx, u32 offset, void *from, u32 size) = (void *)190;

/* ---------------------------------------------------------------- what tests set and read, what the lab counts */

struct cora_config { /* one cell; written by whoever runs packets with BPF_PROG_TEST_RUN or in lockstep */
	u64 is_virtual; /* 1: time and seed are those below; 2: the port too */
	u64 time_ns;
	u64 seed;
	u64 port;
};

enum { VERDICT_SENT = 1, VERDICT_DROPPED = 2, VERDICT_HANDED_OFF = 3 };

struct cora_verdict { /* one cell; written only when `cora_verify` is set */
	u64 kind;
	u64 port; /* of a packet that was sent; of one that was handed off: the number of the engine */
	u64 reason; /* of a packet that was dropped */
};

struct cora_stats {
	u64 received, received_bytes, entered, sent, dropped, handed_off, served, inserts, inserts_refused, installs;
};

struct cora_port { /* which port of the NF an interface is; slot = ifindex modulo the number of slots */
	u32 ifindex, port;
};

struct cora_meter { /* a cell of a meter; tokens and the sizes of the buckets (cbs, pbs) in billionths */
	u64 configured, cir, cbs, pir, pbs, committed, peak, last;
};

/* ---------------------------------------------------------------- stamps of frames that are out */

#define MARK(stamp) (1ULL << 32 | (u32)(stamp)) /* of an entry that leaves, or a record that was offered */
#define PLACED(stamp) (2ULL << 32 | (u32)(stamp)) /* of an entry that isn't in use yet; 3ULL: that won't be */
INLINE u64 is_later(u64 stamp, u64 other) { return (int)((u32)stamp - (u32)other) > 0; }

/* Where frames come back on another CPU than packets arrive on. Those of these that return what was there are full
 * barriers: what a CPU has written before, others see before; what it reads behind is no older. */
#define compare_exchange(word, old, to) __sync_val_compare_and_swap(word, old, to)
#define set_in_order(word, to) ((void)__sync_lock_test_and_set(word, to))
#define get_in_order(word) __sync_fetch_and_or(word, 0)
#define add_in_order(word) ({ u32 was_ = __sync_fetch_and_add(word, 1); asm volatile("" : : "r"(was_)); })

/* An entry leaves with this stamp, if it is in use. Its mark then, or the one with which it left before; 0: it isn't
 * there, or was only placed, and is refused now. */
INLINE u64 leave(u64 *mark, u64 stamp)
{
	u64 was = compare_exchange(mark, 0, MARK(stamp));

	if (was >> 32 == 2) {
		if (compare_exchange(mark, was, was + (1ULL << 32)))
			return 0;
		was = compare_exchange(mark, 0, MARK(stamp)); /* accepted in this moment */
	}
	if (!was)
		return MARK(stamp);
	return was >> 32 == 1 ? was : 0;
}

/* ---------------------------------------------------------------- arithmetic */

INLINE u64 mask_of(u32 bits) { return bits >= 64 ? ~0ULL : (1ULL << bits) - 1; }
INLINE s64 signed_of(u64 a, u32 bits) { return (s64)(a << (64 - bits)) >> (64 - bits); }
INLINE u64 udiv(u64 a, u64 b) { return b ? a / b : 0; }
INLINE u64 umod(u64 a, u64 b) { return b ? a % b : a; }
INLINE u64 shl(u64 a, u64 by, u32 bits) { return by >= bits ? 0 : (a << (by & 63)) & mask_of(bits); }
INLINE u64 lshr(u64 a, u64 by, u32 bits) { return by >= bits ? 0 : a >> (by & 63); }
INLINE u64 ashr(u64 a, u64 by, u32 bits)
{
	return (u64)(signed_of(a, bits) >> (by >= bits ? bits - 1 : by & 63)) & mask_of(bits);
}
INLINE u64 uaddsat(u64 a, u64 b, u32 bits)
{
	u64 sum = a + b;

	return sum < a || sum > mask_of(bits) ? mask_of(bits) : sum;
}
INLINE u64 usubsat(u64 a, u64 b) { return a > b ? a - b : 0; }
/* Signed saturation: an overflow leaves a sign that the operands don't allow; the result is then the nearer end. */
INLINE u64 saddsat(u64 a, u64 b, u32 bits)
{
	u64 sum = (a + b) & mask_of(bits), sign = 1ULL << (bits - 1);

	return (~(a ^ b) & (a ^ sum) & sign) ? ((a & sign) ? sign : sign - 1) : sum;
}
INLINE u64 ssubsat(u64 a, u64 b, u32 bits)
{
	u64 rest = (a - b) & mask_of(bits), sign = 1ULL << (bits - 1);

	return ((a ^ b) & (a ^ rest) & sign) ? ((a & sign) ? sign : sign - 1) : rest;
}
INLINE u64 sless(u64 a, u64 b, u32 bits) { return signed_of(a, bits) < signed_of(b, bits); }
INLINE u64 extend(u64 a, u32 from, u32 to) { return (u64)signed_of(a, from) & mask_of(to); }

/* The same for 65 to 128 bits. The BPF backend has no calls for variable shifts and products of this size. */
INLINE u64 high(u128 a) { return (u64)(a >> 64); }
INLINE u128 mask_of_wide(u32 bits) { return bits >= 128 ? ~(u128)0 : U128((1ULL << (bits - 64)) - 1, ~0ULL); }
/* Clang makes products of sums and unions of a value and its multiples, and there are no calls for those: so this goes by
 * halves, and hides that the lower half may be the upper one's. */
INLINE u128 join_halves(u64 above, u64 below)
{
	__asm__("" : "+r"(below));
	return U128(above, below);
}
INLINE u128 join(u128 above, u128 below, u32 by) /* by: the width of `below` */
{
	u64 low = (u64)below;

	__asm__("" : "+r"(low));
	return above << by | U128(high(below), low);
}
INLINE u128 or_wide(u128 a, u128 b) { return join_halves(high(a) | high(b), (u64)a | (u64)b); }
INLINE u128 xor_wide(u128 a, u128 b) { return join_halves(high(a) ^ high(b), (u64)a ^ (u64)b); }
INLINE u128 add_wide(u128 a, u128 b)
{
	u64 low = (u64)a + (u64)b;

	return join_halves(high(a) + high(b) + (low < (u64)a), low);
}
INLINE u128 sub_wide(u128 a, u128 b)
{
	return join_halves(high(a) - high(b) - ((u64)a < (u64)b), (u64)a - (u64)b);
}
INLINE u128 shl_by(u128 a, u32 by) /* by < 128 */
{
	u64 h = high(a), l = (u64)a;

	if (by >= 64)
		return U128(l << (by - 64), 0);
	return by ? U128(h << by | l >> (64 - by), l << by) : a;
}
INLINE u128 lshr_by(u128 a, u32 by) /* by < 128 */
{
	u64 h = high(a), l = (u64)a;

	if (by >= 64)
		return U128(0, h >> (by - 64));
	return by ? U128(h >> by, l >> by | h << (64 - by)) : a;
}
INLINE u128 ashr_by(u128 a, u32 by) /* by < 128, of all 128 bits */
{
	u64 sign = (u64)((s64)high(a) >> 63);

	return by ? or_wide(lshr_by(a, by), shl_by(join_halves(sign, sign), 128 - by)) : a;
}
INLINE u128 shl_wide(u128 a, u64 by, u32 bits) { return by >= bits ? 0 : shl_by(a, (u32)by) & mask_of_wide(bits); }
INLINE u128 lshr_wide(u128 a, u64 by, u32 bits) { return by >= bits ? 0 : lshr_by(a, (u32)by); }
INLINE u128 signed_wide(u128 a, u32 bits) /* the sign bit repeated up to bit 127 */
{
	u128 sign = (u128)1 << 127;

	sign = lshr_by(sign, 128 - bits);
	return sub_wide(xor_wide(a, sign), sign);
}
INLINE u128 ashr_wide(u128 a, u64 by, u32 bits)
{
	return ashr_by(signed_wide(a, bits), by >= bits ? bits - 1 : (u32)by) & mask_of_wide(bits);
}
INLINE u64 sless_wide(u128 a, u128 b, u32 bits)
{
	u128 sign = lshr_by((u128)1 << 127, 128 - bits);

	return (a ^ sign) < (b ^ sign);
}
INLINE u128 uaddsat_wide(u128 a, u128 b, u32 bits)
{
	u128 sum = add_wide(a, b);

	return sum < a || sum > mask_of_wide(bits) ? mask_of_wide(bits) : sum;
}
INLINE u128 usubsat_wide(u128 a, u128 b) { return a > b ? sub_wide(a, b) : 0; }
INLINE u128 saddsat_wide(u128 a, u128 b, u32 bits)
{
	u128 sum = add_wide(a, b) & mask_of_wide(bits), sign = lshr_by((u128)1 << 127, 128 - bits);

	return (~(a ^ b) & (a ^ sum) & sign) ? ((a & sign) ? sign : sign - 1) : sum;
}
INLINE u128 ssubsat_wide(u128 a, u128 b, u32 bits)
{
	u128 rest = sub_wide(a, b) & mask_of_wide(bits), sign = lshr_by((u128)1 << 127, 128 - bits);

	return ((a ^ b) & (a ^ rest) & sign) ? ((a & sign) ? sign : sign - 1) : rest;
}
INLINE u128 mul_halves(u64 a, u64 b) /* the full product, by 32-bit digits */
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 low = al * bl, mid = ah * bl + (low >> 32), mid2 = al * bh + (u32)mid;

	return U128(ah * bh + (mid >> 32) + (mid2 >> 32), mid2 << 32 | (u32)low);
}
INLINE u128 mul_wide(u128 a, u128 b, u32 bits)
{
	u64 al = (u64)a, bl = (u64)b;

	return add_wide(mul_halves(al, bl), U128(al * high(b) + high(a) * bl, 0)) & mask_of_wide(bits);
}
INLINE u128 extend_wide(u128 a, u32 from, u32 to) { return signed_wide(a, from) & mask_of_wide(to); }

/* ---------------------------------------------------------------- bytes on the wire: big-endian, at any address */

INLINE u64 get_8(const void *p) { return *(const u8 *)p; }
INLINE u64 get_16(const void *p) { return __builtin_bswap16(*(const u16 *)p); }
INLINE u64 get_32(const void *p) { return __builtin_bswap32(*(const u32 *)p); }
INLINE u64 get_64(const void *p) { return __builtin_bswap64(*(const u64 *)p); }
INLINE void put_8(void *p, u64 value) { *(u8 *)p = (u8)value; }
INLINE void put_16(void *p, u64 value) { *(u16 *)p = __builtin_bswap16((u16)value); }
INLINE void put_32(void *p, u64 value) { *(u32 *)p = __builtin_bswap32((u32)value); }
INLINE void put_64(void *p, u64 value) { *(u64 *)p = __builtin_bswap64(value); }

/* ---------------------------------------------------------------- checksums, hashes, random numbers */

/* Folds a sum of 16-bit words (each possibly part of a larger word of the sum) into 16 bits; 0 only for 0. */
INLINE u64 fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Reflected CRCs, most significant of `count` bytes first, half a byte at a time: the tables hold the CRCs of the 16
 * half bytes. No step branches, or the kernel's verifier would have to look at both ways for each bit. */
static const u32 crc32_table[16] = { /* IEEE 802.3 */
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
	0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};
static const u32 crc16_table[16] = { /* polynomial 0x8005 */
	0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401,
	0xa001, 0x6c00, 0x7800, 0xb401, 0x5000, 0x9c01, 0x8801, 0x4400,
};
INLINE u64 crc_bytes(u64 crc, u64 value, u32 count, const u32 *table)
{
#pragma clang loop unroll(full)
	for (u32 i = 0; i < count; i++) {
		crc ^= (value >> (8 * (count - 1 - i))) & 0xff;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

/* For each of `count` bits of the input that is 1: xor of the 32 bits of the key that begin at that bit. `key` holds
 * the 64 key bits from the position of the input's first bit on; count <= 32. */
INLINE u64 toeplitz_bits(u64 value, u32 count, u64 key)
{
	u64 result = 0;

#pragma clang loop unroll(full)
	for (u32 i = 0; i < count; i++) {
		u64 bit = (value >> (count - 1 - i)) & 1;

		OPAQUE(bit); /* so that the compiler doesn't branch on it ... */
		/* ... and a product, for the verifier of Linux 6.18 follows a mask that is 0 or -1 on two paths */
		result ^= bit * ((key >> (32 - i)) & 0xffffffff);
	}
	return result;
}

/* The n-th number, from 0, of the generator that starts at `seed` (Steele, Lea, Flood: OOPSLA 2014). */
INLINE u64 splitmix64(u64 seed, u64 n)
{
	u64 z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Whether a lookup has found something, as a number: the optimiser would join two such tests to one of the disjunction of
 * the pointers, which the kernel's verifier refuses. */
INLINE u64 is_there(const void *entry)
{
	u64 found = entry != 0;

	__asm__("" : "+r"(found));
	return found;
}

/* An entry is fresh while its last use is at most its timeout ago, also when that is in the future. */
INLINE u64 is_fresh(u64 now, u64 last, u64 timeout) { return now <= last || now - last <= timeout; }
INLINE u64 max_of(u64 a, u64 b) { return a > b ? a : b; }
INLINE u128 max_wide(u128 a, u128 b) { return a > b ? a : b; }

/* ---------------------------------------------------------------- meters (cora/ir/meters.py) */

enum { COLOR_RED, COLOR_GREEN, COLOR_YELLOW };

/* min(most, tokens + elapsed * rate), exactly: no product that doesn't fit is ever made. */
INLINE u64 refilled(u64 tokens, u64 most, u64 rate, u64 elapsed)
{
	u64 missing = most - tokens;

	return rate && elapsed > missing / rate ? most : tokens + elapsed * rate;
}

INLINE u64 meter_color(struct cora_meter *m, u64 now, u64 amount, u64 color)
{
	u64 cost = amount * 1000000000ULL, elapsed;

	if (!m || !m->configured)
		return color == COLOR_RED || color == COLOR_YELLOW ? color : COLOR_GREEN;
	elapsed = now > m->last ? now - m->last : 0;
	m->last = max_of(m->last, now);
	m->committed = refilled(m->committed, m->cbs, m->cir, elapsed);
	m->peak = refilled(m->peak, m->pbs, m->pir, elapsed);
	if (color == COLOR_RED || m->peak < cost)
		return COLOR_RED;
	m->peak -= cost;
	if (color == COLOR_YELLOW || m->committed < cost)
		return COLOR_YELLOW;
	m->committed -= cost;
	return COLOR_GREEN;
}

/* ---------------------------------------------------------------- what every engine has: clock, ports, verdicts */

#ifndef CORA_OWN_RUNTIME /* a header for other devices has its own */

/* 1: take the inputs from `cora_config` and leave the outcome of each packet in `cora_verdict`. The loader sets it;
 * at 0 the kernel's verifier removes all that depends on it. */
const volatile u32 cora_verify __attribute__((section(".rodata.cora"))) = 0;

/* How the time follows from the count of the kernel's ticks: ns a tick, and the time at tick 0 (modulo 2^64). The loader
 * sets it where ticks are fine enough for the program; at 0 the clock is read for each packet. */
const volatile struct cora_tick { u64 ns, start_ns; } cora_tick __attribute__((section(".rodata.tick"))) = {};

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct cora_config);
} cora_config SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct cora_verdict);
} cora_verdict SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_PERCPU_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct cora_stats);
} cora_stats SEC(".maps");

/* Interfaces by which packets come in: memory of the program's own, which it reads without a lookup. */
struct cora_port cora_interfaces[1024] SEC(".bss.ports");

struct { /* by number of the port: the interface by which packets leave */
	MAP_NUMBER(type, MAP_DEVMAP);
	MAP_NUMBER(max_entries, 1024);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u32);
} cora_ports SEC(".maps");

struct { /* by number of the engine: the interface behind which it is */
	MAP_NUMBER(type, MAP_DEVMAP);
	MAP_NUMBER(max_entries, 16);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u32);
} cora_links SEC(".maps");

#define UNKNOWN_PORT (~0ULL)

INLINE struct cora_config *cora_virtual(void)
{
	if (cora_verify) { /* nothing before this, so that nothing is left of it */
		u32 zero = 0;
		struct cora_config *config = map_lookup(&cora_config, &zero);

		return config && config->is_virtual ? config : 0;
	}
	return 0;
}

INLINE u64 cora_time(void)
{
	struct cora_config *config = cora_virtual();

	return config ? config->time_ns : ktime_get_ns();
}

/* The same for programs for which times within a tick may be one. Counting ticks is a read of memory. */
INLINE u64 cora_tick_time(void)
{
	struct cora_config *config = cora_virtual();

	if (config)
		return config->time_ns;
	return cora_tick.ns ? jiffies64() * cora_tick.ns + cora_tick.start_ns : ktime_get_ns();
}

INLINE u64 cora_seed(void)
{
	struct cora_config *config = cora_virtual();

	return config ? config->seed : (u64)prandom_u32() << 32 | prandom_u32();
}

INLINE u64 cora_port(struct xdp_md *ctx)
{
	struct cora_config *config = cora_virtual();
	u32 ifindex = ctx->ingress_ifindex;
	struct cora_port *port;

	if (config && config->is_virtual > 1)
		return config->port & 0xffff;
	port = &cora_interfaces[ifindex & 1023];
	return port->ifindex == ifindex ? port->port : UNKNOWN_PORT;
}

INLINE void cora_tell(u64 kind, u64 port, u64 reason)
{
	if (cora_verify) {
		u32 zero = 0;
		struct cora_verdict *verdict = map_lookup(&cora_verdict, &zero);

		if (verdict) {
			verdict->kind = kind;
			verdict->port = port;
			verdict->reason = reason;
		}
	}
}

INLINE void cora_received(struct cora_stats *stats, u64 bytes)
{
	stats->received++;
	stats->received_bytes += bytes;
}

INLINE void cora_count(u64 *packets, u64 *bytes, u64 length)
{
	*packets += 1;
	*bytes += length;
}

INLINE int cora_drop(struct cora_stats *stats, int inner, u64 reason)
{
	stats->dropped++;
	stats->served += !inner;
	cora_tell(VERDICT_DROPPED, 0, reason);
	return XDP_DROP;
}

INLINE int cora_send(struct cora_stats *stats, int inner, u64 port)
{
	stats->sent++;
	stats->served += !inner;
	cora_tell(VERDICT_SENT, port, 0);
	return (int)redirect_map(&cora_ports, port > 1023 ? 1024 : port, XDP_DROP);
}

INLINE int cora_hand_off(struct cora_stats *stats, u64 engine)
{
	stats->handed_off++;
	cora_tell(VERDICT_HANDED_OFF, engine, 0);
	return (int)redirect_map(&cora_links, engine, XDP_DROP);
}

#endif

/* ---------------------------------------------------------------- frames between engines (cora/split/handoff.py) */

enum { HAND_OFF_TYPE = 0x88b5, HAND_OFF_VERSION = 1, HAND_OFF_BYTES = 40 };

INLINE int is_hand_off(const u8 *p) { return get_16(p + 12) == HAND_OFF_TYPE && get_8(p + 14) == HAND_OFF_VERSION; }

INLINE void cora_put_fixed(u8 *p, u64 resume, u64 port, u64 length, u64 time, u64 seed)
{
	put_32(p, 0x02000000);
	put_32(p + 4, 0x00020200);
	put_32(p + 8, 0x00000001);
	put_16(p + 12, HAND_OFF_TYPE);
	put_8(p + 14, HAND_OFF_VERSION);
	put_8(p + 15, resume);
	put_16(p + 16, 0);
	put_16(p + 18, port);
	put_32(p + 20, length);
	put_64(p + 24, time);
	put_64(p + 32, seed);
}
