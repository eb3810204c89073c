/* nf_programs/nat as one would write it for XDP by hand: the same verdicts, bytes, state and counts.
 *
 * Addresses and ports are kept as they stand in frames. What an operator sets is in arrays, which the kernel looks up
 * without a call; the three registers of the P4 program are one array of slots. TCP, UDP and echo have a copy each of the
 * way of a flow's packets (`flow`, with a constant `proto`), which writes only what changes. */
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

struct packet { struct ethernet *eth; void *end; u64 size; u32 port; };
struct endpoint { u32 address; u16 port; };

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

/* The external port of an inside endpoint. 0: found or opened; otherwise the reason to drop. An ICMP error neither opens a
 * mapping nor keeps one alive. */
INLINE u32 to_outside(struct inside *key, u16 *port, u32 proto, struct pool *pool, u64 now, int is_error, u64 size)
{
	struct mapping *mapping = map_lookup(&outbound, key);
	int refused;

	if (LIKELY(mapping && is_fresh(now, mapping->last, pool->timeout_ns))) {
		u32 number = slot_of(proto, mapping->port);

		*port = mapping->port;
		if (!is_error) {
			struct slot *mine = map_lookup(&slots, &number);

			mapping->last = now;
			if (mine)
				mine->last = now;
		}
		return 0;
	}
	if (is_error)
		return D_ICMP_UNMATCHED;
	refused = open_mapping(key, now);
	if (refused > 0)
		return (u32)refused;
	add_up(&mappings, refused ? 1 : 0, size);
	mapping = map_lookup(&outbound, key);
	if (!mapping)
		return D_TABLE_FULL;
	*port = mapping->port;
	return 0;
}

/* The inside endpoint that owns an external port. 0: found; otherwise the reason to drop. */
INLINE u32 to_inside(struct endpoint *to, u32 proto, struct pool *pool, u64 now, int is_error)
{
	u32 number = slot_of(proto, to->port);
	struct slot *owner = map_lookup(&slots, &number);

	if (!owner || !slot_is_fresh(owner, now, pool->timeout_ns))
		return is_error ? D_ICMP_UNMATCHED : D_NO_MAPPING;
	to->address = owner->address;
	to->port = owner->port;
	if (!is_error)
		owner->last = now;
	return 0;
}

/* Puts an address (`field`, one of the header's) into a header and its checksum, and takes `hops` (0 or 1) from its time to
 * live; the change of the addresses' sum. */
INLINE u64 readdress(struct ipv4 *ip, u32 *field, u32 address, u8 hops)
{
	u64 delta = turned32(*field) + address;

	ip->checksum = adjusted(ip->checksum, delta + (hops ? 0xfffe : 0)); /* 0xfffe: a time to live less one */
	ip->ttl -= hops;
	*field = address;
	return delta;
}

/* Puts a port into the header of a flow's packet; `delta` is the change of the addresses' sum. */
INLINE void renumber(void *l4, u32 proto, int is_source, u16 port, u64 delta)
{
	struct tcp *tcp = l4;
	struct udp *udp = l4;
	struct icmp *icmp = l4;
	struct echo *echo = (void *)(icmp + 1);
	u16 *field = proto == ECHO ? &echo->id : is_source ? &udp->sport : &udp->dport;
	u64 change = turned16(*field) + port;

	if (proto == TCP) {
		tcp->checksum = adjusted(tcp->checksum, delta + change);
	} else if (proto == ECHO) {
		icmp->checksum = adjusted(icmp->checksum, change);
	} else if (udp->checksum) {
		u16 sum = adjusted(udp->checksum, delta + change);

		udp->checksum = sum ? sum : 0xffff;
	}
	*field = port;
}

INLINE int leave(struct packet *p, struct interface *interface)
{
	if (interface->rewrite_macs)
		__builtin_memcpy(p->eth->dst, interface->macs, 12);
	return send(interface->egress);
}

/* Back to the inside neighbour that sent it. */
INLINE int leave_hairpin(struct packet *p)
{
	u8 neighbour[6];

	__builtin_memcpy(neighbour, p->eth->src, 6);
	__builtin_memcpy(p->eth->src, p->eth->dst, 6);
	__builtin_memcpy(p->eth->dst, neighbour, 6);
	return send(p->port);
}

INLINE struct interface *interface_of(struct packet *p)
{
	struct interface *interface = &interfaces[p->port & 63];

	return p->port > 63 || !interface->side ? 0 : interface;
}

/* A packet with TCP, UDP or an echo behind its header; `proto` is a constant. What stands in the frame is read where it is
 * needed: registers are few. */
INLINE int flow(struct packet *p, u32 proto)
{
	struct ipv4 *ip = (void *)(p->eth + 1);
	struct udp *udp = (void *)(ip + 1);
	struct icmp *icmp = (void *)udp;
	struct echo *echo = (void *)(icmp + 1);
	struct interface *interface = interface_of(p);
	struct pool *pool = &pools[proto];
	struct inside key = {.address = ip->src, .port = proto == ECHO ? echo->id : udp->sport, .proto = (u8)proto};
	struct endpoint to;
	u32 from_inside, refused;
	u16 external = 0;
	u64 now, delta;

	if (UNLIKELY(!interface))
		return drop(D_NO_INTERFACE, p->size);
	if (UNLIKELY(ip->ttl <= 1))
		return drop(D_TTL, p->size);
	if (UNLIKELY(!pool->is_set))
		return drop(D_NO_POOL, p->size);
	from_inside = interface->side == 1;
	if (UNLIKELY(!from_inside && ip->dst != pool->address))
		return drop(D_NOT_OURS, p->size);
	if (proto == ECHO && (from_inside ? ip->dst == pool->address || icmp->kind != 8 : icmp->kind != 0))
		return drop(D_ICMP_QUERY, p->size);
	now = cora_tick_time();
	if (!from_inside) {
		to.port = proto == ECHO ? echo->id : udp->dport;
		refused = to_inside(&to, proto, pool, now, 0);
		if (UNLIKELY(refused))
			return drop(refused, p->size);
		delta = readdress(ip, &ip->dst, to.address, 1);
		renumber(udp, proto, 0, to.port, delta);
		return leave(p, interface);
	}
	refused = to_outside(&key, &external, proto, pool, now, 0, p->size);
	if (UNLIKELY(refused))
		return drop(refused, p->size);
	delta = readdress(ip, &ip->src, pool->address, 1);
	renumber(udp, proto, 1, external, delta);
	if (LIKELY(ip->dst != pool->address))
		return leave(p, interface);
	to.port = udp->dport; /* an echo request goes to no hairpin */
	refused = to_inside(&to, proto, pool, now, 0);
	if (UNLIKELY(refused))
		return drop(refused, p->size);
	delta = readdress(ip, &ip->dst, to.address, 0);
	renumber(udp, proto, 0, to.port, delta);
	return leave_hairpin(p);
}

/* What cannot be translated. */
INLINE int untranslated(struct packet *p, struct ipv4 *ip)
{
	u32 traffic = T_OTHER_TYPE, *allowed;
	struct interface *interface = interface_of(p);

	if (!interface)
		return drop(D_NO_INTERFACE, p->size);
	if (ip) {
		if (ip->version_ihl >> 4 != 4 || (ip->version_ihl & 15) < 5)
			return drop(D_MALFORMED, p->size);
		if ((ip->version_ihl & 15) > 5)
			return drop(D_OPTIONS, p->size);
		traffic = ip->offset & (MORE_FRAGMENTS | FRAGMENT) ? T_FRAGMENT : T_OTHER_PROTOCOL;
	} else if (p->eth->type == BE16(0x86dd)) {
		traffic = T_IPV6;
	} else if (p->eth->type == BE16(0x0806)) {
		traffic = T_ARP;
	}
	allowed = map_lookup(&let_through, &traffic);
	return allowed && *allowed ? send(interface->egress) : drop(traffic, p->size);
}

/* Translates the packet that an ICMP error quotes, which went the other way, with its own checksums, and the checksum of
 * the error that covers them all. A quoted TCP checksum lies beyond the 8 bytes that are there. */
INLINE void rewrite_quoted(struct icmp *icmp, u32 proto, int from_inside, struct endpoint from, struct endpoint to)
{
	struct ipv4 *quoted = (void *)icmp + sizeof(struct icmp) + sizeof(struct echo);
	struct udp *udp = (void *)(quoted + 1);
	struct quoted_echo *ping = (void *)udp;
	u64 addresses = turned32(quoted->src) + turned32(quoted->dst) + to.address + from.address;
	u64 covered = addresses + turned16(quoted->checksum);
	u16 checksum = adjusted(quoted->checksum, addresses);

	covered += checksum;
	if (proto == ECHO) {
		u16 id = from_inside ? from.port : to.port, sum = adjusted(ping->checksum, turned16(ping->id) + id);

		covered += turned16(ping->checksum) + turned16(ping->id) + sum + id;
		ping->checksum = sum;
		ping->id = id;
	} else {
		u64 ports = turned16(udp->sport) + turned16(udp->dport) + to.port + from.port;

		covered += ports;
		if (proto == UDP) {
			u16 sum = udp->checksum;

			if (sum) {
				sum = adjusted(sum, addresses + ports);
				sum = sum ? sum : 0xffff;
			}
			covered += turned16(udp->checksum) + sum;
			udp->checksum = sum;
		}
		udp->sport = to.port;
		udp->dport = from.port;
	}
	icmp->checksum = adjusted(icmp->checksum, covered);
	quoted->checksum = checksum;
	quoted->src = to.address;
	quoted->dst = from.address;
}

INLINE int icmp_error(struct packet *p)
{
	struct ipv4 *ip = (void *)(p->eth + 1), *quoted;
	struct icmp *icmp = (void *)(ip + 1);
	struct quoted_tcp *ports;
	struct quoted_echo *ping;
	struct interface *interface;
	struct pool *pool;
	struct endpoint from, to;
	struct inside key;
	u16 external = 0;
	u32 proto, from_inside, to_external, refused = 0;
	u64 now;

	quoted = (void *)icmp + sizeof(struct icmp) + sizeof(struct echo);
	ports = (void *)(quoted + 1);
	ping = (void *)ports;
	if ((void *)(quoted + 1) > p->end)
		return drop(D_MALFORMED, p->size);
	if (quoted->version_ihl != 0x45 || quoted->offset & FRAGMENT
	    || (quoted->protocol != IP_TCP && quoted->protocol != IP_UDP && quoted->protocol != IP_ICMP))
		return untranslated(p, ip);
	if ((void *)(ports + 1) > p->end)
		return drop(D_MALFORMED, p->size);
	proto = quoted->protocol == IP_TCP ? TCP : quoted->protocol == IP_UDP ? UDP : ECHO;
	key = (struct inside){quoted->dst, proto == ECHO ? ping->id : ports->dport, (u8)proto};
	to = (struct endpoint){quoted->src, proto == ECHO ? ping->id : ports->sport};
	interface = interface_of(p);
	if (!interface)
		return drop(D_NO_INTERFACE, p->size);
	if (ip->ttl <= 1)
		return drop(D_TTL, p->size);
	pool = &pools[proto & 3];
	if (!pool->is_set)
		return drop(D_NO_POOL, p->size);
	from_inside = interface->side == 1;
	to_external = to.address == pool->address;
	if (!from_inside && (!to_external || ip->dst != pool->address))
		return drop(D_NOT_OURS, p->size);
	now = cora_tick_time();
	if (from_inside)
		refused = to_outside(&key, &external, proto, pool, now, 1, p->size);
	if (!refused && to_external)
		refused = to_inside(&to, proto, pool, now, 1);
	if (refused)
		return drop(refused, p->size);
	from = (struct endpoint){from_inside ? pool->address : key.address, from_inside ? external : key.port};
	rewrite_quoted(icmp, proto, from_inside, from, to);
	readdress(ip, &ip->src, from_inside ? pool->address : ip->src, 1);
	if (to_external)
		readdress(ip, &ip->dst, to.address, 0);
	return from_inside && to_external ? leave_hairpin(p) : leave(p, interface);
}

INLINE int nat(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	struct packet p = {(void *)data, end, (u64)(end - data), (u32)cora_port(ctx)};
	struct ipv4 *ip = (void *)(p.eth + 1);
	struct tcp *tcp = (void *)(ip + 1);
	struct icmp *icmp = (void *)tcp;

	if ((void *)ip > p.end)
		return XDP_ABORTED;
	if (p.eth->type != BE16(0x0800))
		return untranslated(&p, 0);
	if ((void *)tcp > p.end)
		return drop(D_MALFORMED, p.size);
	if (ip->version_ihl != 0x45 || ip->offset & (MORE_FRAGMENTS | FRAGMENT))
		return untranslated(&p, ip);
	if (ip->protocol == IP_TCP)
		return (void *)(tcp + 1) > p.end ? drop(D_MALFORMED, p.size) : flow(&p, TCP);
	if (ip->protocol == IP_UDP)
		return (void *)tcp + sizeof(struct udp) > p.end ? drop(D_MALFORMED, p.size) : flow(&p, UDP);
	if (ip->protocol != IP_ICMP)
		return untranslated(&p, ip);
	if ((void *)(icmp + 1) > p.end)
		return drop(D_MALFORMED, p.size);
	if (icmp->kind == 8 || icmp->kind == 0)
		return (void *)(icmp + 1) + sizeof(struct echo) > p.end ? drop(D_MALFORMED, p.size) : flow(&p, ECHO);
	if (icmp->kind == 3 || icmp->kind == 4 || icmp->kind == 11 || icmp->kind == 12)
		return icmp_error(&p);
	return untranslated(&p, ip);
}

SEC("xdp") int cora_wire(struct xdp_md *ctx) { return nat(ctx); }
