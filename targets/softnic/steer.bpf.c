// An engine that only steers, as an eSwitch does between its ports and the representors behind it: whatever comes in by
// one end of a pair leaves by the other. Nothing is parsed, matched or changed.

#include "bpf.h"

struct { // by the interface that a packet comes in by: the one that it leaves by
	MAP_FIELD_INT(type, MAP_TYPE_DEVMAP_HASH);
	MAP_FIELD_INT(max_entries, 256);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, u32);
} pairs SEC(".maps");

struct counts {
	u64 steered;
	u64 dropped; // came in by an interface without a pair
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_PERCPU_ARRAY);
	MAP_FIELD_INT(max_entries, 1);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct counts);
} counts SEC(".maps");

SEC("xdp") int steer(struct xdp_md *ctx)
{
	u32 zero = 0;
	int verdict = (int)redirect_map(&pairs, ctx->ingress_ifindex, XDP_DROP);
	struct counts *counted = map_lookup(&counts, &zero);
	if (counted && verdict == XDP_REDIRECT)
		counted->steered++;
	else if (counted)
		counted->dropped++;
	return verdict;
}
