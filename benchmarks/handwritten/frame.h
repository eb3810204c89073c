/* What the programs by hand have in common: headers as they lie in a frame, checksums (RFC 1624), verdicts. */
#pragma once
#include "cora.h"

#define BE16(value) ((u16)__builtin_bswap16(value))

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

struct ethernet { u8 dst[6], src[6]; u16 type; };
struct ipv4 { u8 version_ihl, tos; u16 length, id, offset; u8 ttl, protocol; u16 checksum; u32 src, dst; };
struct ipv6 { u32 version; u16 length; u8 next, hops; u64 src[2], dst[2]; };
struct tcp { u16 sport, dport; u32 seq, ack; u8 offset, flags; u16 window, checksum, urgent; };
struct udp { u16 sport, dport, length, checksum; };
struct icmp { u8 kind, code; u16 checksum; };
struct echo { u16 id, seq; };
struct quoted_tcp { u16 sport, dport; u32 seq; };
struct quoted_echo { u8 kind, code; u16 checksum, id, seq; };

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58 };
enum { MORE_FRAGMENTS = BE16(0x2000), FRAGMENT = BE16(0x1fff) };

struct count { u64 packets, bytes; };

#define COUNTERS(name, cells) \
	struct { \
		MAP_NUMBER(type, MAP_PERCPU_ARRAY); \
		MAP_NUMBER(max_entries, cells); \
		MAP_TYPE(key, u32); \
		MAP_TYPE(value, struct count); \
	} name SEC(".maps")

#define ARRAY(name, cells, content) \
	struct { \
		MAP_NUMBER(type, MAP_ARRAY); \
		MAP_NUMBER(max_entries, cells); \
		MAP_TYPE(key, u32); \
		MAP_TYPE(value, content); \
	} name SEC(".maps")

/* Settings of an operator: an array in the program's own data, at an address that it knows. */
#define SETTINGS(name, cells, content) content name[cells] SEC(".data." #name)

COUNTERS(drops, 16);

INLINE void add_up(void *counters, u32 cell, u64 bytes)
{
	struct count *c = map_lookup(counters, &cell);

	if (c) {
		c->packets++;
		c->bytes += bytes;
	}
}

/* Not a copy for each reason: what is seldom taken stands out of the way of what is taken often. */
static __attribute__((noinline, cold, section(".text"))) int drop(u32 reason, u64 bytes)
{
	add_up(&drops, reason, bytes);
	cora_tell(VERDICT_DROPPED, 0, reason);
	return XDP_DROP;
}

INLINE int send(u32 port)
{
	cora_tell(VERDICT_SENT, port, 0);
	return (int)redirect_map(&cora_ports, port, XDP_DROP);
}

/* A checksum after some words have become others; `delta` is the sum of the new words and of the old ones' complements. */
INLINE u16 adjusted(u16 checksum, u64 delta) { return (u16)~fold((u16)~checksum + delta); }
