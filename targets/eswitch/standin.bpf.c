/* Plays the part of a match-action engine (an eSwitch) in the kernel: rules over the port and the first bytes of a frame,
 * each with a mask, a priority and an action of a few kinds. It runs no program of its own: whatever it does stands in
 * its maps. `cora/device/standin.py` fills them.
 */
#include "cora.h"

char cora_license[] SEC("license") = "GPL";

enum { FRAME = 80, WORDS = 22, MOST_MASKS = 256 };
enum { FORWARD = 1, DROP = 2, INWARDS = 3 };

struct key { /* the mask's number, the port and the frame, each bit that doesn't count 0 */
	u32 words[WORDS];
};

struct action {
	u32 priority; /* smaller is tried first */
	u32 verdict;
	u32 port;
	u32 min_bytes; /* a shorter frame goes inwards */
	u32 mark;
	u16 ttl_at, ip_sum_at, l4_sum_at; /* offsets in the frame; 0: none */
	u16 is_udp;
	u8 keep[FRAME], put[FRAME]; /* byte = byte & keep | put */
	u8 covered[FRAME]; /* 1: by the checksum of IPv4, 2: by that of the layer above */
};

struct use {
	u64 packets, bytes, last;
};

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, MOST_MASKS);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct key);
} masks SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u32);
} mask_count SEC(".maps");

struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, struct key);
	MAP_TYPE(value, struct action);
} rules SEC(".maps");

struct { /* by mark */
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 65536);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct use);
} uses SEC(".maps");

struct search {
	struct action *best;
	struct key packet;
};

static long try_mask(u64 index, struct search *search)
{
	u32 at = (u32)index;
	struct key *mask = map_lookup(&masks, &at), key;
	struct action *found;

	if (!mask)
		return 1;
#pragma clang loop unroll(full)
	for (u32 i = 1; i < WORDS; i++)
		key.words[i] = search->packet.words[i] & mask->words[i];
	key.words[0] = at;
	found = map_lookup(&rules, &key);
	if (found && (!search->best || found->priority < search->best->priority))
		search->best = found;
	return 0;
}

/* ~(~sum + change), RFC 1624 */
INLINE u16 new_sum(u16 sum, u64 change) { return ~fold((u16)~sum + change) & 0xffff; }

/* Byte by byte: the frame stands on the stack, which takes no unaligned access. A UDP checksum of 0 is none. */
INLINE void set_sum(u8 *frame, u64 at, u64 change, u32 is_udp)
{
	u16 before, after;

	OPAQUE(at);
	if (!at || at > FRAME - 2)
		return;
	before = frame[at] << 8 | frame[at + 1];
	if (is_udp && !before)
		return;
	after = new_sum(before, change);
	if (is_udp && !after)
		after = 0xffff;
	frame[at] = after >> 8;
	frame[at + 1] = (u8)after;
}

INLINE int rewrite(struct xdp_md *ctx, struct action *a, u8 *frame, u32 size)
{
	u64 ip = 0, l4 = 0;

	for (u32 i = 0; i < FRAME; i += 2) {
		u16 before = frame[i] << 8 | frame[i + 1], after;
		u8 high = (frame[i] & a->keep[i]) | a->put[i], low = (frame[i + 1] & a->keep[i + 1]) | a->put[i + 1];

		if (a->ttl_at && i == (a->ttl_at & ~1)) {
			if (a->ttl_at & 1)
				low -= 1;
			else
				high -= 1;
		}
		after = high << 8 | low;
		frame[i] = high;
		frame[i + 1] = low;
		if (a->covered[i] & 1)
			ip += (u16)~before + after;
		if (a->covered[i] & 2)
			l4 += (u16)~before + after;
	}
	set_sum(frame, a->ip_sum_at, ip, 0);
	set_sum(frame, a->l4_sum_at, l4, a->is_udp);
	return (int)store_bytes(ctx, 0, frame, size);
}

#define NO_RULE (~0ULL)

INLINE int inwards(struct cora_stats *stats, u64 mark)
{
	int verdict = cora_hand_off(stats, 1);

	cora_tell(VERDICT_HANDED_OFF, 1, mark);
	return verdict;
}

SEC("xdp") int cora_wire(struct xdp_md *ctx)
{
	u64 size = (u64)((u8 *)(long)ctx->data_end - (u8 *)(long)ctx->data), port = cora_port(ctx);
	u32 zero = 0, seen = size > FRAME ? FRAME : (u32)size;
	struct cora_stats *stats = map_lookup(&cora_stats, &zero);
	struct search search = {};
	u32 *count = map_lookup(&mask_count, &zero);
	u8 *bytes = (u8 *)&search.packet.words[1];
	struct action *action;
	struct use *use;
	int verdict;

	if (!stats || !count || seen < 14)
		return XDP_ABORTED;
	cora_received(stats, size);
	put_16(bytes, port);
	if (load_bytes(ctx, 0, bytes + 2, seen))
		return XDP_ABORTED;
	loop(*count, try_mask, &search, 0);
	action = search.best;
	if (!action || size < action->min_bytes)
		return inwards(stats, NO_RULE);
	use = map_lookup(&uses, &action->mark);
	if (use) {
		__sync_fetch_and_add(&use->packets, 1);
		__sync_fetch_and_add(&use->bytes, size);
		use->last = cora_time();
	}
	if (action->verdict == INWARDS)
		return inwards(stats, action->mark);
	if (action->verdict == DROP)
		return cora_drop(stats, 0, action->mark);
	if (rewrite(ctx, action, bytes + 2, seen))
		return XDP_ABORTED;
	verdict = cora_send(stats, 0, action->port);
	cora_tell(VERDICT_SENT, action->port, action->mark);
	return verdict;
}
