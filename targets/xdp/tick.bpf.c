/* The kernel's count of ticks beside its clock, for `cora.device.ticks`. */
#include "cora.h"

char cora_license[] SEC("license") = "GPL";

struct reading { u64 ticks, time_ns, is_whole; };

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_NUMBER(map_flags, MMAPABLE);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct reading);
} reading SEC(".maps");

SEC("xdp") int read_both(struct xdp_md *ctx)
{
	u32 zero = 0;
	struct reading *r = map_lookup(&reading, &zero);

	if (r) {
		r->ticks = jiffies64();
		r->time_ns = ktime_get_ns();
		r->is_whole = jiffies64() == r->ticks;
	}
	return XDP_PASS;
}
