/* What no NAT gets by with less than, for TCP over IPv4: parse, one lookup, rewrite, send. No clock, no configuration, no
 * timers, no other protocols. */
#include "frame.h"

char cora_license[] SEC("license") = "GPL";

struct inside { u32 address; u16 port; u8 proto, pad; };
struct mapping { u64 last; u16 port; u8 profile, pad[5]; };

struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 262144);
	MAP_TYPE(key, struct inside);
	MAP_TYPE(value, struct mapping);
} outbound SEC(".maps");

enum { POOL = 0x017100cb }; /* 203.0.113.1 as it stands in a frame */

INLINE int translate(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	struct ethernet *eth = (void *)data;
	struct ipv4 *ip = (void *)(eth + 1);
	struct tcp *tcp = (void *)(ip + 1);
	struct inside key = {};
	struct mapping *mapping;
	u64 delta;

	if ((void *)(tcp + 1) > (void *)end || eth->type != BE16(0x0800) || ip->version_ihl != 0x45
	    || ip->offset & (MORE_FRAGMENTS | FRAGMENT) || ip->protocol != IP_TCP)
		return XDP_DROP;
	key.address = ip->src;
	key.port = tcp->sport;
	mapping = map_lookup(&outbound, &key);
	if (!mapping)
		return XDP_DROP;
	delta = (u64)(u32)~ip->src + POOL;
	tcp->checksum = adjusted(tcp->checksum, delta + (u16)~tcp->sport + mapping->port);
	tcp->sport = mapping->port;
	ip->checksum = adjusted(ip->checksum, delta + 0xfffe); /* a time to live less one */
	ip->ttl--;
	ip->src = POOL;
	return (int)redirect_map(&cora_ports, 0, XDP_DROP);
}

SEC("xdp") int cora_wire(struct xdp_md *ctx) { return translate(ctx); }
