// Plays a trace from a map, for load: run as live frames (BPF_PROG_TEST_RUN), each run fills the frame with the next
// packet and sends it out of its port. The sink counts what comes back to the client; `pass` lets its sockets have it.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define MAP_FIELD_INT(name, value) int(*name)[value]
#define MAP_FIELD_TYPE(name, type) type *name

enum { MAP_TYPE_ARRAY = 2, MAP_TYPE_DEVMAP = 14, XDP_DROP = 1, XDP_PASS = 2, FRAME_BYTES = 2040, PLAYS = 32768 };

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*redirect_map)(void *map, u64 key, u64 flags) = (void *)51;
static long (*xdp_adjust_tail)(void *ctx, int delta) = (void *)65;
static long (*xdp_store_bytes)(void *ctx, u32 offset, void *from, u32 length) = (void *)190;

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

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

char _license[] SEC("license") = "GPL";
