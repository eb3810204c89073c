// Judges what comes back to the client under load: by the tag at the end of each frame (cora/lab/tags.py), whether a
// packet comes once, in its place in its flow, and with which contents. All of it is kept here, a frame costs the lab
// no system call.

#include "bpf.h"

enum { TAG_BYTES = 20, MAGIC = 0xc07a1ab5, MOST_PACKETS = 32768, MOST_FLOWS = 65536, WORDS = 256 };

struct packet {
	u64 times; // that it came
	u64 port;
	u64 digest; // of its bytes
	u64 order; // frames that came before it
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_ARRAY);
	MAP_FIELD_INT(max_entries, MOST_PACKETS);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct packet);
} packets SEC(".maps");

struct flow {
	u64 packets;
	u64 next; // the place behind the last that came in order
	u64 overtaken; // packets that came behind a later one of their flow
	u64 digest; // of the digests of all its packets, in the order in which they came
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_ARRAY);
	MAP_FIELD_INT(max_entries, MOST_FLOWS);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct flow);
} flows SEC(".maps");

struct total {
	u64 frames;
	u64 untagged;
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_ARRAY);
	MAP_FIELD_INT(max_entries, 1);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct total);
} total SEC(".maps");

struct { // by interface: the port of the network function
	MAP_FIELD_INT(type, MAP_TYPE_HASH);
	MAP_FIELD_INT(max_entries, 64);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, u32);
} ports SEC(".maps");

struct frame {
	u64 words[WORDS];
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_PERCPU_ARRAY);
	MAP_FIELD_INT(max_entries, 1);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct frame);
} scratch SEC(".maps");

static __attribute__((always_inline)) u64 mixed(u64 digest, u64 word)
{
	digest = (digest ^ word) * 0x9e3779b97f4a7c15ULL;
	return digest ^ digest >> 29;
}

// Of the frame's length and of its bytes as little-endian words, the last one filled up with zeros.
static __attribute__((always_inline)) u64 digest_of(struct xdp_md *ctx, u32 length)
{
	u32 zero = 0;
	struct frame *frame = map_lookup(&scratch, &zero);
	u64 digest = length;

	if (!frame || length < TAG_BYTES || length > sizeof(frame->words) - 8)
		return 0;
	u32 last = length / 8;
	frame->words[last & (WORDS - 1)] = 0;
	if (xdp_load_bytes(ctx, 0, frame->words, length))
		return 0;
	for (u32 n = 0; n < WORDS; n++) {
		if (n * 8 >= length)
			break;
		digest = mixed(digest, frame->words[n]);
	}
	return digest;
}

SEC("xdp") int judge(struct xdp_md *ctx)
{
	u32 zero = 0, length = ctx->data_end - ctx->data, ingress = ctx->ingress_ifindex, tag[TAG_BYTES / 4];
	struct total *all = map_lookup(&total, &zero);
	u32 *port = map_lookup(&ports, &ingress);

	if (!all)
		return XDP_DROP;
	u64 order = __sync_fetch_and_add(&all->frames, 1);
	if (length < TAG_BYTES || xdp_load_bytes(ctx, length - TAG_BYTES, tag, TAG_BYTES) ||
	    __builtin_bswap32(tag[0]) != MAGIC) {
		__sync_fetch_and_add(&all->untagged, 1);
		return XDP_DROP;
	}
	u32 number = __builtin_bswap32(tag[4]), flow_number = __builtin_bswap32(tag[2]);
	u64 place = __builtin_bswap32(tag[3]);
	struct packet *packet = map_lookup(&packets, &number);
	struct flow *flow = map_lookup(&flows, &flow_number);
	if (!packet || !flow)
		return XDP_DROP;
	u64 digest = digest_of(ctx, length);
	if (!__sync_fetch_and_add(&packet->times, 1)) {
		packet->port = port ? *port : ~0ULL;
		packet->digest = digest;
		packet->order = order;
		if (place < flow->next)
			flow->overtaken++;
		else
			flow->next = place + 1;
	}
	flow->packets++;
	flow->digest = mixed(flow->digest, digest);
	return XDP_DROP;
}
