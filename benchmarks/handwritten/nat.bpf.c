/* nf_programs/nat as one would write it for XDP by hand: the same verdicts, bytes, state and counts.
 *
 * Addresses and ports are kept as they stand in frames. What an operator sets is in arrays, which the kernel looks up
 * without a call; the three registers of the P4 program are one array of slots. Bounds are checked again where a header
 * is written, for the kernel's verifier has lost sight of them there. */
#include "frame.h"

char cora_license[] SEC("license") = "GPL";

enum { TCP, UDP, ECHO, NONE };
enum { T_FRAGMENT, T_IPV6, T_ARP, T_OTHER_PROTOCOL, T_OTHER_TYPE };
enum {
	D_MALFORMED = 5, D_NO_INTERFACE, D_OPTIONS, D_TTL, D_NO_POOL, D_NOT_OURS, D_NO_MAPPING, D_ICMP_QUERY, D_ICMP_UNMATCHED,
	D_EXHAUSTED, D_TABLE_FULL,
};

struct interface { u32 side, egress; u8 rewrite_macs, macs[12], pad[3]; }; /* side: 1 inside, 2 outside, 0 none */
struct pool { u64 timeout_ns; u32 address; u16 first_port, port_mask; u8 profile, is_set; };
struct inside { u32 address; u16 port; u8 proto, pad; };
struct mapping { u64 last; u16 port; u8 profile, pad[5]; };
struct slot { u64 last; u32 address; u16 port, pad; };

SETTINGS(interfaces, 64, struct interface);
SETTINGS(pools, 4, struct pool);
ARRAY(let_through, 8, u32);
ARRAY(slots, 196608, struct slot);
COUNTERS(mappings, 2);

struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 262144);
	MAP_TYPE(key, struct inside);
	MAP_TYPE(value, struct mapping);
} outbound SEC(".maps");

struct ends { u32 sender, receiver; u16 sport, dport; }; /* of the flow, as the packet's sender sees it */

INLINE u32 slot_of(u32 proto, u16 port) { return proto << 16 | BE16(port); }
INLINE int slot_is_fresh(struct slot *s, u64 now, u64 timeout) { return s->last && now - s->last <= timeout; }
INLINE u64 turned16(u16 word) { return (u16)~word; }
INLINE u64 turned32(u32 words) { return (u32)~words; }

/* Looks where the flow's hash points for a port: its own, if its slot is still alive, or else the first free one.
 * 0: sent on; otherwise the reason to drop. */
static __attribute__((noinline)) int open_mapping(struct inside *key, u64 now)
{
	u32 proto = key->proto & 3, chosen = 0, found = 0, resumed = 0, zero = 0;
	struct pool *pool = &pools[proto];
	struct mapping fresh = {.last = now};
	struct slot *slot;
	u32 address = __builtin_bswap32(key->address), hash;
	u16 at, step;

	hash = (u32)crc_bytes(0xffffffff, address, 4, crc32_table);
	hash = (u32)crc_bytes(hash, BE16(key->port), 2, crc32_table);
	hash = (u32)crc_bytes(hash, key->proto, 1, crc32_table) ^ 0xffffffff;
	at = (u16)hash;
	step = hash >> 16 | 1;
	for (int n = 0; n < 4 && !resumed; n++, at += step) {
		u16 port = pool->first_port + (at & pool->port_mask);
		u32 index = proto << 16 | port;

		slot = map_lookup(&slots, &index);
		if (!slot)
			return D_EXHAUSTED;
		if (slot_is_fresh(slot, now, pool->timeout_ns)) {
			if (slot->address == key->address && slot->port == key->port) {
				found = resumed = 1;
				chosen = port;
			}
		} else if (!found) {
			found = 1;
			chosen = port;
		}
	}
	if (!found)
		return D_EXHAUSTED;
	fresh.port = BE16(chosen);
	fresh.profile = pool->profile;
	if (map_update(&outbound, key, &fresh, 0))
		return D_TABLE_FULL;
	chosen |= proto << 16;
	slot = map_lookup(&slots, &chosen);
	if (slot) {
		slot->address = key->address;
		slot->port = key->port;
		slot->last = now;
	}
	return resumed ? -1 : 0;
}

INLINE void rewrite_ip(struct ipv4 *ip, u32 src, u32 dst)
{
	u64 delta = turned32(ip->src) + turned32(ip->dst) + src + dst;

	ip->checksum = adjusted(ip->checksum, delta + 0xfffe); /* a time to live less one */
	ip->ttl--;
	ip->src = src;
	ip->dst = dst;
}

/* What cannot be translated. */
INLINE int untranslated(struct ethernet *eth, struct ipv4 *ip, u32 egress, u64 size)
{
	u32 traffic = T_OTHER_TYPE, *allowed;

	if (ip) {
		if (ip->version_ihl >> 4 != 4 || (ip->version_ihl & 15) < 5)
			return drop(D_MALFORMED, size);
		if ((ip->version_ihl & 15) > 5)
			return drop(D_OPTIONS, size);
		traffic = ip->offset & (MORE_FRAGMENTS | FRAGMENT) ? T_FRAGMENT : T_OTHER_PROTOCOL;
	} else if (eth->type == BE16(0x86dd)) {
		traffic = T_IPV6;
	} else if (eth->type == BE16(0x0806)) {
		traffic = T_ARP;
	}
	allowed = map_lookup(&let_through, &traffic);
	return allowed && *allowed ? send(egress) : drop(traffic, size);
}

INLINE int nat(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	u64 size = (u64)(end - data), now;
	struct ethernet *eth = (void *)data;
	struct ipv4 *ip = (void *)(eth + 1), *quoted = 0;
	void *l4 = ip + 1, *inner = 0;
	struct interface *interface;
	struct pool *pool;
	struct ends old = {}, new;
	u32 proto = NONE, port = (u32)cora_port(ctx), from_inside, to_external, slot;

	if ((void *)(eth + 1) > (void *)end)
		return XDP_ABORTED;
	if (eth->type != BE16(0x0800)) {
		interface = &interfaces[port & 63];
		if (port > 63 || !interface->side)
			return drop(D_NO_INTERFACE, size);
		return untranslated(eth, 0, interface->egress, size);
	}
	if ((void *)(ip + 1) > (void *)end)
		return drop(D_MALFORMED, size);
	old.sender = ip->src;
	old.receiver = ip->dst;
	if (ip->version_ihl == 0x45 && !(ip->offset & (MORE_FRAGMENTS | FRAGMENT))) {
		if (ip->protocol == IP_TCP) {
			struct tcp *tcp = l4;

			if ((void *)(tcp + 1) > (void *)end)
				return drop(D_MALFORMED, size);
			proto = TCP;
			old.sport = tcp->sport;
			old.dport = tcp->dport;
		} else if (ip->protocol == IP_UDP) {
			struct udp *udp = l4;

			if ((void *)(udp + 1) > (void *)end)
				return drop(D_MALFORMED, size);
			proto = UDP;
			old.sport = udp->sport;
			old.dport = udp->dport;
		} else if (ip->protocol == IP_ICMP) {
			struct icmp *icmp = l4;
			struct echo *echo = (void *)(icmp + 1);

			if ((void *)(icmp + 1) > (void *)end)
				return drop(D_MALFORMED, size);
			if (icmp->kind == 8 || icmp->kind == 0) {
				if ((void *)(echo + 1) > (void *)end)
					return drop(D_MALFORMED, size);
				proto = ECHO;
				old.sport = old.dport = echo->id;
			} else if (icmp->kind == 3 || icmp->kind == 4 || icmp->kind == 11 || icmp->kind == 12) {
				quoted = (void *)(echo + 1);
				inner = quoted + 1;
				if ((void *)(quoted + 1) > (void *)end)
					return drop(D_MALFORMED, size);
				old.sender = quoted->dst;
				old.receiver = quoted->src;
				if (quoted->version_ihl == 0x45 && !(quoted->offset & FRAGMENT)
				    && (quoted->protocol == IP_TCP || quoted->protocol == IP_UDP || quoted->protocol == IP_ICMP)) {
					struct quoted_tcp *ports = inner;
					struct quoted_echo *ping = inner;

					if ((void *)(ports + 1) > (void *)end)
						return drop(D_MALFORMED, size);
					if (quoted->protocol == IP_ICMP) {
						proto = ECHO;
						old.sport = old.dport = ping->id;
					} else {
						proto = quoted->protocol == IP_TCP ? TCP : UDP;
						old.sport = ports->dport;
						old.dport = ports->sport;
					}
				}
			}
		}
	}
	interface = &interfaces[port & 63];
	if (port > 63 || !interface->side)
		return drop(D_NO_INTERFACE, size);
	if (proto == NONE)
		return untranslated(eth, ip, interface->egress, size);

	if (ip->ttl <= 1)
		return drop(D_TTL, size);
	pool = &pools[proto & 3];
	if (!pool->is_set)
		return drop(D_NO_POOL, size);
	from_inside = interface->side == 1;
	to_external = old.receiver == pool->address;
	if (!from_inside && (!to_external || ip->dst != pool->address))
		return drop(D_NOT_OURS, size);
	if (proto == ECHO && !quoted) {
		u8 kind;

		if (l4 + sizeof(struct icmp) > (void *)end)
			return XDP_ABORTED;
		kind = ((struct icmp *)l4)->kind;
		if (from_inside ? to_external || kind != 8 : kind != 0)
			return drop(D_ICMP_QUERY, size);
	}

	now = cora_tick_time();
	new = old;
	if (from_inside) {
		struct inside key = {.address = old.sender, .port = old.sport, .proto = (u8)proto};
		struct mapping *mapping = map_lookup(&outbound, &key);

		if (mapping && is_fresh(now, mapping->last, pool->timeout_ns)) {
			new.sport = mapping->port;
			if (!quoted) {
				struct slot *mine;

				mapping->last = now;
				slot = slot_of(proto, mapping->port);
				mine = map_lookup(&slots, &slot);
				if (mine)
					mine->last = now;
			}
		} else {
			int refused;

			if (quoted)
				return drop(D_ICMP_UNMATCHED, size);
			refused = open_mapping(&key, now);
			if (refused > 0)
				return drop(refused, size);
			add_up(&mappings, refused ? 1 : 0, size);
			mapping = map_lookup(&outbound, &key);
			if (!mapping)
				return drop(D_TABLE_FULL, size);
			new.sport = mapping->port;
		}
		new.sender = pool->address;
	}
	if (to_external) {
		struct slot *owner;

		slot = slot_of(proto, old.dport);
		owner = map_lookup(&slots, &slot);
		if (!owner || !slot_is_fresh(owner, now, pool->timeout_ns))
			return drop(quoted ? D_ICMP_UNMATCHED : D_NO_MAPPING, size);
		new.receiver = owner->address;
		new.dport = owner->port;
		if (!quoted)
			owner->last = now;
	}

	if (quoted) {
		struct icmp *icmp = l4;
		u64 removed = turned16(quoted->checksum) + turned32(quoted->src) + turned32(quoted->dst);
		u64 added = (u64)new.receiver + new.sender, covered = removed + added;
		u16 checksum = adjusted(quoted->checksum, turned32(quoted->src) + turned32(quoted->dst) + added);

		if ((void *)((struct quoted_tcp *)inner + 1) > (void *)end)
			return XDP_ABORTED;
		covered += checksum;
		if (proto == ECHO) {
			struct quoted_echo *ping = inner;
			u16 id = from_inside ? new.sport : new.dport, sum = adjusted(ping->checksum, turned16(ping->id) + id);

			covered += turned16(ping->checksum) + turned16(ping->id) + sum + id;
			ping->checksum = sum;
			ping->id = id;
		} else {
			struct udp *udp = inner;
			u64 ports = turned16(udp->sport) + turned16(udp->dport) + new.dport + new.sport;

			covered += ports;
			if (proto == UDP) {
				u16 sum = udp->checksum;

				if (sum) {
					sum = adjusted(sum, turned32(quoted->src) + turned32(quoted->dst) + added + ports);
					sum = sum ? sum : 0xffff;
				}
				covered += turned16(udp->checksum) + sum;
				udp->checksum = sum;
			}
			udp->sport = new.dport;
			udp->dport = new.sport;
		}
		icmp->checksum = adjusted(icmp->checksum, covered);
		quoted->checksum = checksum;
		quoted->src = new.receiver;
		quoted->dst = new.sender;
		rewrite_ip(ip, from_inside ? pool->address : ip->src, to_external ? new.receiver : ip->dst);
	} else {
		u64 ends = turned32(ip->src) + turned32(ip->dst) + turned16(old.sport) + turned16(old.dport)
			+ new.sender + new.receiver + new.sport + new.dport;

		if (proto == TCP) {
			struct tcp *tcp = l4;

			if ((void *)(tcp + 1) > (void *)end)
				return XDP_ABORTED;
			tcp->checksum = adjusted(tcp->checksum, ends);
			tcp->sport = new.sport;
			tcp->dport = new.dport;
		} else if (proto == UDP) {
			struct udp *udp = l4;

			if ((void *)(udp + 1) > (void *)end)
				return XDP_ABORTED;
			if (udp->checksum) {
				u16 sum = adjusted(udp->checksum, ends);

				udp->checksum = sum ? sum : 0xffff;
			}
			udp->sport = new.sport;
			udp->dport = new.dport;
		} else {
			struct icmp *icmp = l4;
			struct echo *echo = (void *)(icmp + 1);
			u16 id = from_inside ? new.sport : new.dport;

			if ((void *)(echo + 1) > (void *)end)
				return XDP_ABORTED;
			icmp->checksum = adjusted(icmp->checksum, turned16(echo->id) + id);
			echo->id = id;
		}
		rewrite_ip(ip, new.sender, new.receiver);
	}
	if (from_inside && to_external) {
		u8 neighbour[6];

		__builtin_memcpy(neighbour, eth->src, 6);
		__builtin_memcpy(eth->src, eth->dst, 6);
		__builtin_memcpy(eth->dst, neighbour, 6);
		return send(port);
	}
	if (interface->rewrite_macs)
		__builtin_memcpy(eth->dst, interface->macs, 12);
	return send(interface->egress);
}

SEC("xdp") int cora_wire(struct xdp_md *ctx) { return nat(ctx); }
