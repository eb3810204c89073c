/* What no stateful firewall gets by with less than, for TCP over IPv4: parse, one lookup, send. No clock, no
 * configuration, no states, no other protocols. */
#include "frame.h"

char cora_license[] SEC("license") = "GPL";

struct key { u64 remote[2], local[2]; u16 remote_port, local_port; u8 protocol, pad[3]; };
struct connection { u64 last; u8 state, opener, pad[6]; };

struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 262144);
	MAP_TYPE(key, struct key);
	MAP_TYPE(value, struct connection);
} connections SEC(".maps");

INLINE int pass_known(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	struct ethernet *eth = (void *)data;
	struct ipv4 *ip = (void *)(eth + 1);
	struct tcp *tcp = (void *)(ip + 1);
	struct key key = {};
	struct connection *known;

	if ((void *)(tcp + 1) > (void *)end || eth->type != BE16(0x0800) || ip->version_ihl != 0x45
	    || ip->offset & (MORE_FRAGMENTS | FRAGMENT) || ip->protocol != IP_TCP)
		return XDP_DROP;
	key.remote[1] = (u64)ip->dst << 32 | 0xffff0000;
	key.local[1] = (u64)ip->src << 32 | 0xffff0000;
	key.remote_port = tcp->dport;
	key.local_port = tcp->sport;
	key.protocol = IP_TCP;
	known = map_lookup(&connections, &key);
	if (!known)
		return XDP_DROP;
	return (int)redirect_map(&cora_ports, 0, XDP_DROP);
}

SEC("xdp") int cora_wire(struct xdp_md *ctx) { return pass_known(ctx); }
