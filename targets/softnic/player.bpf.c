// Plays a trace from a map, for load: run as live frames (BPF_PROG_TEST_RUN), each run fills the frame with the next
// packet and sends it out of its port. The sink counts what comes back to the client; `pass` lets its sockets have it.

#include "bpf.h"

enum { FRAME_BYTES = 2040, PLAYS = 32768 };

struct slot {
	u32 port;
	u32 length;
	u8 frame[FRAME_BYTES];
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_ARRAY);
	MAP_FIELD_INT(max_entries, PLAYS);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct slot);
} trace SEC(".maps");

struct {
	MAP_FIELD_INT(type, MAP_TYPE_DEVMAP);
	MAP_FIELD_INT(max_entries, 64);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, u32);
} out SEC(".maps");

struct progress {
	u64 next;     // slot that is played next
	u64 refused;  // frames that could not be built or sent
	u64 received; // frames that came back to the client
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_ARRAY);
	MAP_FIELD_INT(max_entries, 1);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct progress);
} progress SEC(".maps");

SEC("xdp") int play(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct progress *at = map_lookup(&progress, &zero);
	if (!at)
		return XDP_DROP;
	u32 index = at->next % PLAYS;
	struct slot *slot = map_lookup(&trace, &index);
	if (!slot)
		return XDP_DROP;
	at->next++;
	u32 length = slot->length;
	int delta = (int)length - (int)(ctx->data_end - ctx->data);
	if (length < 14 || length > FRAME_BYTES || (delta && xdp_adjust_tail(ctx, delta)) ||
	    xdp_store_bytes(ctx, 0, slot->frame, length)) {
		at->refused++;
		return XDP_DROP;
	}
	return redirect_map(&out, slot->port, XDP_DROP);
}

SEC("xdp") int sink(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct progress *at = map_lookup(&progress, &zero);
	if (at)
		__sync_fetch_and_add(&at->received, 1);
	return XDP_DROP;
}

SEC("xdp") int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}
