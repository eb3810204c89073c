// CPU time of network receive processing by device: what a packet costs the engine that receives it.
//
// Between the start of a NET_RX softirq and each NAPI poll, and from poll to poll, the clock belongs to the device
// that was polled. Time is summed by interface index, a CPU each; the lab gives devices indexes that are distinct
// across namespaces.

#include "bpf.h"

enum { NET_RX_SOFTIRQ = 3 };

// Only the members that are read; their offsets are relocated against the running kernel's types.
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net_device {
	int ifindex;
};
struct napi_struct {
	struct net_device *dev;
};
#pragma clang attribute pop

struct cost {
	u64 ns;
	u64 polls;
	u64 packets;
};

struct {
	MAP_FIELD_INT(type, MAP_TYPE_HASH);
	MAP_FIELD_INT(max_entries, 256);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, struct cost);
} costs SEC(".maps");

struct {
	MAP_FIELD_INT(type, MAP_TYPE_PERCPU_ARRAY);
	MAP_FIELD_INT(max_entries, 1);
	MAP_FIELD_TYPE(key, u32);
	MAP_FIELD_TYPE(value, u64);
} since SEC(".maps");

static __attribute__((always_inline)) void set_since(u64 value)
{
	u32 zero = 0;
	u64 *cell = map_lookup(&since, &zero);
	if (cell)
		*cell = value;
}

SEC("tp_btf/softirq_entry") int softirq_entry(u64 *args)
{
	if (args[0] == NET_RX_SOFTIRQ)
		set_since(ktime_get_ns());
	return 0;
}

SEC("tp_btf/softirq_exit") int softirq_exit(u64 *args)
{
	if (args[0] == NET_RX_SOFTIRQ)
		set_since(0);
	return 0;
}

SEC("tp_btf/napi_poll") int napi_poll(u64 *args)
{
	struct napi_struct *napi = (struct napi_struct *)args[0];
	u32 zero = 0, index = napi->dev->ifindex;
	u64 now = ktime_get_ns(), *cell = map_lookup(&since, &zero);
	struct cost *cost = map_lookup(&costs, &index);
	if (!cost) {
		struct cost none = {};
		map_update(&costs, &index, &none, 0);
		cost = map_lookup(&costs, &index);
	}
	if (!cost || !cell)
		return 0;
	if (*cell) {
		cost->ns += now - *cell;
		*cell = now;
	}
	cost->polls++;
	cost->packets += (u32)args[1];
	return 0;
}
