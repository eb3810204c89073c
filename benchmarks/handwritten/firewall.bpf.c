/* nf_programs/firewall as one would write it for XDP by hand: the same verdicts, state and counts.
 *
 * Addresses and ports are kept as they stand in frames. What an operator sets is in arrays, which the kernel looks up
 * without a call. IPv4 and IPv6 share one table, as in the P4 program. */
#include "frame.h"

char cora_license[] SEC("license") = "GPL";

enum { FROM_NET, FROM_HOST };
enum { SYN_SENT, SYN_RECEIVED, ESTABLISHED, CLOSING, RESET, UDP_NEW, UDP_REPLIED, ECHO_NEW, ECHO_REPLIED, ILLEGAL = 255 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { T_FRAGMENT, T_OPTIONS, T_EXTENSION, T_ARP, T_NEIGHBOUR, T_OTHER_ICMP, T_OTHER_PROTOCOL, T_OTHER_TYPE };
enum { D_MALFORMED = 8, D_NO_INTERFACE, D_DENIED, D_NOT_OPENING, D_ILLEGAL_STATE, D_ICMP_UNMATCHED, D_TABLE_FULL };
enum { HOST_PORT = 1 };

struct interface { u32 is_set, egress; };
struct key { u64 remote[2], local[2]; u16 remote_port, local_port; u8 protocol, pad[3]; };
struct connection { u64 last; u8 state, opener, pad[6]; };
struct rule { /* ports in the CPU's order, first and last */
	u64 src[2], src_mask[2], dst[2], dst_mask[2];
	u16 sport[2], dport[2];
	u8 direction, direction_mask, protocol, protocol_mask, allows, number, pad[2];
};

SETTINGS(interfaces, 64, struct interface);
ARRAY(let_through, 16, u32);
ARRAY(rules, 256, struct rule);
ARRAY(rule_count, 1, u32);
SETTINGS(timeouts, 16, u64);
COUNTERS(opened, 256);

struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 262144);
	MAP_TYPE(key, struct key);
	MAP_TYPE(value, struct connection);
} connections SEC(".maps");

struct packet { /* its connection as if it came from the host: turned around for packets from the net */
	struct key key;
	u8 first_state, is_error, is_opening, flags;
};

struct question { struct key *key; u32 direction; struct rule *answer; };

static long judge(u64 index, struct question *q)
{
	u32 n = (u32)index;
	struct rule *r = map_lookup(&rules, &n);
	struct key *key = q->key;
	u32 from_net = q->direction == FROM_NET;
	u64 *src = from_net ? key->remote : key->local, *dst = from_net ? key->local : key->remote;
	u16 sport = BE16(from_net ? key->remote_port : key->local_port);
	u16 dport = BE16(from_net ? key->local_port : key->remote_port);

	if (!r)
		return 1;
	if ((q->direction & r->direction_mask) != r->direction || (key->protocol & r->protocol_mask) != r->protocol)
		return 0;
	if (sport < r->sport[0] || sport > r->sport[1] || dport < r->dport[0] || dport > r->dport[1])
		return 0;
	for (int i = 0; i < 2; i++)
		if ((src[i] & r->src_mask[i]) != r->src[i] || (dst[i] & r->dst_mask[i]) != r->dst[i])
			return 0;
	q->answer = r;
	return 1;
}

/* Of no connection yet: 0 if it has one now, otherwise the reason to drop. */
static __attribute__((noinline)) int open_connection(struct packet *p, u32 direction, u64 now)
{
	struct question question = {.direction = direction};
	struct connection fresh = {.last = now};
	u32 zero = 0, *count = map_lookup(&rule_count, &zero);

	if (!p)
		return D_DENIED;
	question.key = &p->key;
	if (p->is_error)
		return D_ICMP_UNMATCHED;
	if (!p->is_opening)
		return D_NOT_OPENING;
	if (count)
		loop(*count, judge, &question, 0);
	if (!question.answer || !question.answer->allows)
		return D_DENIED;
	fresh.state = p->first_state;
	fresh.opener = (u8)direction;
	return map_update(&connections, &p->key, &fresh, 0) ? D_TABLE_FULL : -1 - question.answer->number;
}

/* The state after a TCP packet with these flags. */
INLINE u32 tcp_next(u32 state, u32 flags, u32 from_opener)
{
	flags &= SYN | ACK | RST | FIN;
	if (flags == ACK) {
		if (state == ESTABLISHED || state == CLOSING)
			return state;
		return state != SYN_RECEIVED ? ILLEGAL : from_opener ? ESTABLISHED : SYN_RECEIVED;
	}
	if (flags == (FIN | ACK))
		return state == SYN_RECEIVED || state == ESTABLISHED || state == CLOSING ? CLOSING : ILLEGAL;
	if (flags == RST || flags == (RST | ACK))
		return RESET;
	if (flags == SYN && from_opener)
		return state == SYN_RECEIVED ? SYN_RECEIVED : state != ESTABLISHED ? SYN_SENT : ILLEGAL;
	if (flags == (SYN | ACK) && !from_opener) {
		if (state == SYN_SENT || state == SYN_RECEIVED)
			return SYN_RECEIVED;
		return state == ESTABLISHED ? ESTABLISHED : ILLEGAL;
	}
	return ILLEGAL;
}

INLINE void map_ipv4(u64 *to, u32 address)
{
	to[0] = 0;
	to[1] = (u64)address << 32 | 0xffff0000;
}

enum { CONNECTION, MALFORMED, ERROR_OF_NOTHING, OTHER }; /* what a packet is; OTHER + traffic: of no connection */

/* The quoted packet of an ICMP error, from its transport header on. */
INLINE u32 parse_quoted(struct packet *p, u32 protocol, void *l4, void *end)
{
	struct quoted_tcp *ports = l4;
	struct quoted_echo *ping = l4;

	if ((void *)(ports + 1) > end)
		return MALFORMED;
	if (protocol != IP_ICMP) {
		p->key.local_port = ports->dport;
		p->key.remote_port = ports->sport;
	} else if (ping->kind == 8 || ping->kind == 128) {
		p->key.remote_port = ping->id;
	} else if (ping->kind == 0 || ping->kind == 129) {
		p->key.local_port = ping->id;
	} else {
		return ERROR_OF_NOTHING;
	}
	p->key.protocol = (u8)protocol;
	return CONNECTION;
}

INLINE u32 parse_icmp(struct packet *p, void *l4, void *end, int v6)
{
	struct icmp *icmp = l4;
	struct echo *echo = (void *)(icmp + 1);
	u32 kind;

	if ((void *)(icmp + 1) > end)
		return MALFORMED;
	kind = icmp->kind;
	if (kind == (v6 ? 128 : 8) || kind == (v6 ? 129 : 0)) {
		if ((void *)(echo + 1) > end)
			return MALFORMED;
		p->key.protocol = IP_ICMP;
		p->is_opening = kind == (v6 ? 128 : 8);
		p->first_state = ECHO_NEW;
		*(p->is_opening ? &p->key.local_port : &p->key.remote_port) = echo->id;
		return CONNECTION;
	}
	if (v6 && kind >= 1 && kind <= 4) {
		struct ipv6 *quoted = (void *)(echo + 1);

		if ((void *)(quoted + 1) > end)
			return MALFORMED;
		p->is_error = 1;
		__builtin_memcpy(p->key.local, quoted->dst, 16);
		__builtin_memcpy(p->key.remote, quoted->src, 16);
		if ((quoted->version & 0xf0) != 0x60
		    || (quoted->next != IP_TCP && quoted->next != IP_UDP && quoted->next != IP_ICMPV6))
			return ERROR_OF_NOTHING;
		return parse_quoted(p, quoted->next == IP_ICMPV6 ? IP_ICMP : quoted->next, quoted + 1, end);
	}
	if (!v6 && (kind == 3 || kind == 11 || kind == 12)) {
		struct ipv4 *quoted = (void *)(echo + 1);

		if ((void *)(quoted + 1) > end)
			return MALFORMED;
		p->is_error = 1;
		map_ipv4(p->key.local, quoted->dst);
		map_ipv4(p->key.remote, quoted->src);
		if (quoted->version_ihl != 0x45 || quoted->offset & FRAGMENT
		    || (quoted->protocol != IP_TCP && quoted->protocol != IP_UDP && quoted->protocol != IP_ICMP))
			return ERROR_OF_NOTHING;
		return parse_quoted(p, quoted->protocol, quoted + 1, end);
	}
	return v6 && kind >= 133 && kind <= 137 ? OTHER + T_NEIGHBOUR : OTHER + T_OTHER_ICMP;
}

INLINE u32 parse_transport(struct packet *p, u32 protocol, void *l4, void *end, int v6)
{
	struct tcp *tcp = l4;
	struct udp *udp = l4;

	if (protocol == IP_TCP) {
		if ((void *)(tcp + 1) > end)
			return MALFORMED;
		p->flags = tcp->flags;
		p->is_opening = (tcp->flags & (SYN | ACK | RST | FIN)) == SYN;
		p->first_state = SYN_SENT;
	} else if (protocol == IP_UDP) {
		if ((void *)(udp + 1) > end)
			return MALFORMED;
		p->is_opening = 1;
		p->first_state = UDP_NEW;
	} else if (protocol == (v6 ? IP_ICMPV6 : IP_ICMP)) {
		return parse_icmp(p, l4, end, v6);
	} else {
		return OTHER + T_OTHER_PROTOCOL;
	}
	p->key.protocol = (u8)protocol;
	p->key.local_port = udp->sport;
	p->key.remote_port = udp->dport;
	return CONNECTION;
}

INLINE u32 parse(struct packet *p, u8 *data, void *end)
{
	struct ethernet *eth = (void *)data;

	if (eth->type == BE16(0x0800)) {
		struct ipv4 *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || ip->version_ihl >> 4 != 4 || (ip->version_ihl & 15) < 5)
			return MALFORMED;
		if (ip->version_ihl != 0x45)
			return OTHER + T_OPTIONS;
		if (ip->offset & (MORE_FRAGMENTS | FRAGMENT))
			return OTHER + T_FRAGMENT;
		map_ipv4(p->key.local, ip->src);
		map_ipv4(p->key.remote, ip->dst);
		return parse_transport(p, ip->protocol, ip + 1, end, 0);
	}
	if (eth->type == BE16(0x86dd)) {
		struct ipv6 *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || (ip->version & 0xf0) != 0x60)
			return MALFORMED;
		if (ip->next == 44)
			return OTHER + T_FRAGMENT;
		if (ip->next == 0 || ip->next == 43 || ip->next == 60 || ip->next == 51)
			return OTHER + T_EXTENSION;
		__builtin_memcpy(p->key.local, ip->src, 16);
		__builtin_memcpy(p->key.remote, ip->dst, 16);
		return parse_transport(p, ip->next, ip + 1, end, 1);
	}
	return OTHER + (eth->type == BE16(0x0806) ? T_ARP : T_OTHER_TYPE);
}

INLINE void turn_around(struct key *key)
{
	u64 first = key->remote[0], second = key->remote[1];
	u16 port = key->remote_port;

	__builtin_memcpy(key->remote, key->local, 16);
	key->local[0] = first;
	key->local[1] = second;
	key->remote_port = key->local_port;
	key->local_port = port;
}

INLINE int firewall(struct xdp_md *ctx)
{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	u64 size = (u64)(end - data), now;
	u32 port = (u32)cora_port(ctx), kind, direction, state, next;
	struct packet p = {};
	struct interface *interface;
	struct connection *known;
	int outcome;

	if (data + sizeof(struct ethernet) > end)
		return XDP_ABORTED;
	kind = parse(&p, data, end);
	if (kind == MALFORMED)
		return drop(D_MALFORMED, size);
	interface = &interfaces[port & 63];
	if (port > 63 || !interface->is_set)
		return drop(D_NO_INTERFACE, size);
	if (kind == ERROR_OF_NOTHING)
		return drop(D_ICMP_UNMATCHED, size);
	if (kind >= OTHER) {
		u32 traffic = kind - OTHER, *allowed = map_lookup(&let_through, &traffic);

		return allowed && *allowed ? send(interface->egress) : drop(traffic, size);
	}

	direction = port == HOST_PORT ? FROM_HOST : FROM_NET;
	if (direction == FROM_NET)
		turn_around(&p.key);
	now = cora_tick_time();
	known = map_lookup(&connections, &p.key);
	if (known) {
		state = known->state & 15;
		if (is_fresh(now, known->last, timeouts[state])) {
			if (p.is_error)
				return send(interface->egress);
			next = state;
			if (p.key.protocol == IP_TCP)
				next = tcp_next(state, p.flags, direction == known->opener);
			else if (direction != known->opener)
				next = p.key.protocol == IP_UDP ? UDP_REPLIED : ECHO_REPLIED;
			if (next == ILLEGAL)
				return drop(D_ILLEGAL_STATE, size);
			if (next != state)
				known->state = (u8)next;
			known->last = now;
			return send(interface->egress);
		}
	}
	outcome = open_connection(&p, direction, now);
	if (outcome > 0)
		return drop(outcome, size);
	add_up(&opened, -1 - outcome, size);
	return send(interface->egress);
}

SEC("xdp") int cora_wire(struct xdp_md *ctx) { return firewall(ctx); }
