/* What engine programs for the XDP offload of the nfp driver include in place of cora.h: the same names, by the means that
 * the driver and its firmware have. Maps are arrays and hashes; what is counted is added to indivisibly, and nothing else
 * is stored; there is no clock and no interface number, so each port of the card gets an object of its own (CORA_PORT).
 */
#pragma once

#define CORA_OWN_RUNTIME
#define MAP_COUNTERS MAP_ARRAY
#include "cora.h"

#ifndef CORA_PORT
#define CORA_PORT 0
#endif

struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct cora_stats);
} cora_stats SEC(".maps");

#define UNKNOWN_PORT (~0ULL)
#define ADD(cell, amount) ((void)__sync_fetch_and_add(cell, amount))

INLINE u64 cora_port(struct xdp_md *ctx) { return CORA_PORT; }

INLINE void cora_received(struct cora_stats *stats, u64 bytes)
{
	ADD(&stats->received, 1);
	ADD(&stats->received_bytes, bytes);
}

INLINE void cora_count(u64 *packets, u64 *bytes, u64 length)
{
	ADD(packets, 1);
	ADD(bytes, length);
}

INLINE int cora_drop(struct cora_stats *stats, int inner, u64 reason)
{
	ADD(&stats->dropped, 1);
	ADD(&stats->served, 1);
	return XDP_DROP;
}

/* Only ever to the port by which the packet came: the linter refuses all else. */
INLINE int cora_send(struct cora_stats *stats, int inner, u64 port)
{
	ADD(&stats->sent, 1);
	ADD(&stats->served, 1);
	return port == CORA_PORT ? XDP_TX : XDP_ABORTED;
}

INLINE int cora_hand_off(struct cora_stats *stats, u64 engine)
{
	ADD(&stats->handed_off, 1);
	return XDP_PASS; /* to the host's driver, with the hand-off header in front */
}
