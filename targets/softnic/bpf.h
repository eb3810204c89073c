// What the lab's own kernel programs share: types, the forms of maps, and the kernel's interface as far as they use it.
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define MAP_FIELD_INT(name, value) int(*name)[value]
#define MAP_FIELD_TYPE(name, type) type *name

enum {
	MAP_TYPE_HASH = 1,
	MAP_TYPE_ARRAY = 2,
	MAP_TYPE_PERCPU_ARRAY = 6,
	MAP_TYPE_DEVMAP = 14,
	MAP_TYPE_DEVMAP_HASH = 25
};
enum { XDP_DROP = 1, XDP_PASS = 2, XDP_REDIRECT = 4 };

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static u64 (*ktime_get_ns)(void) = (void *)5;
static long (*redirect_map)(void *map, u64 key, u64 flags) = (void *)51;
static long (*xdp_adjust_tail)(void *ctx, int delta) = (void *)65;
static long (*xdp_load_bytes)(void *ctx, u32 offset, void *to, u32 length) = (void *)189;
static long (*xdp_store_bytes)(void *ctx, u32 offset, void *from, u32 length) = (void *)190;

char _license[] SEC("license") = "GPL";
