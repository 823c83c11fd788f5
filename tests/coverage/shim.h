/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in user space, as much of it as the packet path needs: so that a compiler that counts
 * lines and branches can see the programs run.
 *
 * It keeps to what the kernel does. The linear part of a packet ends where its memory ends, so that
 * a read behind it crashes; a pull moves the packet, and whoever reads the old place crashes, as
 * the verifier would have said. Programs read 32-bit addresses, so packets lie below 4 GB. What the
 * kernel may answer in bad times is set in shim.kernel. That programs here decide as they do in the
 * kernel is what the tests compare, frame by frame.
 */
#ifndef GABELOU_TESTS_COVERAGE_SHIM_H
#define GABELOU_TESTS_COVERAGE_SHIM_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps/answer.h"
#include "maps/books.h"
#include "maps/config.h"
#include "maps/event.h"
#include "maps/pause.h"
#include "maps/reply.h"
#include "maps/scope.h"

#define SHIM_FLOWS  64
#define SHIM_EVENTS 64
#define SHIM_USER   1000 /* of every socket */

/* A packet, and what the kernel knows of it beside its bytes. */
struct shim_packet {
	const uint8_t *bytes;
	uint32_t length;
	uint32_t linear;   /* bytes in the first piece; 0: all of them */
	uint16_t protocol; /* what the kernel was told, network order (tc) */
	bool tag_beside;   /* tc: a VLAN tag that is not among the bytes */
	uint32_t gso_size, gso_segs, wire_length;
	bool forwarded;      /* it came in at another interface */
	bool from_socket;    /* tc: one of this host */
	uint32_t depth;      /* tc: of its cgroup, whose id it is; its ancestors are 1, 2... */
	const uint32_t *nat; /* tc: its source before a NAT, in words of the network */
	uint32_t nat_info;   /* enum ip_conntrack_info */
	uint8_t state;       /* tc: of its socket (<net/tcp_states.h>); 0: it cannot be seen */
	bool from_nowhere;   /* gateway: no interface is known */
	bool checksum_later; /* to be filled in at @checksum_at */
	uint32_t checksum_at;
};

/* What this kernel has and what it answers. */
struct shim_kernel {
	uint32_t fields;     /* how many at most; 0: all */
	bool no_reads;       /* of its memory */
	bool has_fields;     /* those that a program asks for by bpf_core_field_exists() */
	uint32_t pull_fails; /* from which pull of a packet on; 0: none */
	bool meta_fails;
	bool meta_lies; /* says yes and makes no room */
	bool ring_full;
	bool no_maps;                     /* a lookup finds nothing */
	int missing;                      /* enum shim_map: a lookup there finds nothing */
	uint32_t load_fails, store_fails; /* from which one on; 0: none */
	bool tail_fails, head_fails;      /* a packet does not get longer or shorter */
	bool small_socket;                /* of a connection that has but begun */
	const struct sender *sender;      /* who is noted at the socket; NULL: nobody */
	bool upper;                       /* tc: the link is over another one */
	uint32_t takers;         /* other CPUs that count down a number to 0, or below, before us */
	bool other_cpu;          /* has just made the flow that we are about to make */
	uint32_t flows_most;     /* of SHIM_FLOWS */
	long routes[2];          /* bpf_fib_lookup: at large, and of the main table alone */
	bool bridged, has_vlans; /* the port */
	bool has_rules;
	uint32_t router; /* the route leads to another address: it differs in this word (from 1) */
	uint64_t now, tai;
};

struct shim_flow {
	bool used;
	struct flow_key key;
	struct flow_state state;
};

/* Of the tables of what came in (maps/reply.h). */
#define SHIM_TABLES  4
#define SHIM_ENTRIES 4
struct shim_entry {
	bool used;
	uint8_t key[sizeof(struct reply_key)];
	union {
		struct reply reply;
		struct reply_opening opening;
		uint64_t first; /* fragment */
	};
};
_Static_assert(sizeof(struct reply_key) >= sizeof(struct reply_fragment), "both are keys");

/* A packet that a program writes anew. */
struct shim_written {
	uint8_t bytes[256];
	uint32_t length;
	uint32_t stores;
};

/* Whose packet it is (maps/scope.h), as far as maps tell. */
struct shim_scopes {
	uint64_t link;         /* of every interface */
	uint32_t cgroups[17];  /* by id; 0: there is no entry */
	uint64_t found, epoch; /* of every cgroup */
	const uint32_t *local; /* of every interface; NULL: none */
};

struct shim {
	struct shim_scopes scopes;
	uint32_t fields_asked;
	const void *context; /* the program's */
	struct shim_written written;
	uint64_t buckets[1 + ANSWER_PAIRS], answers[ANSWERS];
	uint32_t loads;
	struct shim_entry tables[SHIM_TABLES][SHIM_ENTRIES];
	struct reply_sweep sweep;
	struct shim_kernel kernel;
	const struct shim_packet *packet;
	uint32_t pulls;                            /* of this packet */
	const void *sections[TABLE_SECTION_COUNT]; /* of the table */
	struct counter *counters;
	uint32_t counter_count;
	uint64_t lost;
	struct pause_until pause;
	struct book book; /* of the interface */
	struct shim_flow flows[SHIM_FLOWS];
	struct flow_event events[SHIM_EVENTS];
	size_t event_count; /* submitted */
	uint8_t asked[16];  /* the last destination that bpf_fib_lookup was asked about */
};
extern struct shim shim;

/* Are there such kernel functions? */
extern bool bpf_cast_to_kern_ctx, bpf_xdp_pull_data;

/* --- what tests/coverage/{egress,gateway}_shim.c have: the program compiled for user space --- */

extern const bool shim_is_gateway;
extern struct guard_config *const shim_config;
/* Runs the program. Returns its answer; words: the decision, of a trial. */
int shim_run(const struct shim_packet *packet, bool layer3, uint32_t words[TRIAL_WORDS]);
/* Calls what stands in the program for the verifier alone, as no packet can. */
void shim_run_unreachable(void);
/* Which of the program's maps is this? */
enum shim_map {
	SHIM_MAP_UNKNOWN,
	SHIM_MAP_COUNTERS,
	SHIM_MAP_EVENTS,
	SHIM_MAP_FLOWS,
	SHIM_MAP_LOST,
	SHIM_MAP_PAUSE,
	SHIM_MAP_BOOKS,
	SHIM_MAP_DRAFTS, /* of reports */
	SHIM_MAP_REPLY_DRAFTS,
	SHIM_MAP_REPLY_SWEEPS,
	SHIM_MAP_LOCAL,
	SHIM_MAP_SCOPE_LINKS,
	SHIM_MAP_SCOPE_CGROUPS,
	SHIM_MAP_SCOPE_FOUND,
	SHIM_MAP_ANSWER_DRAFTS,
	SHIM_MAP_ANSWER_BUCKETS,
	SHIM_MAP_ANSWERS,
	SHIM_MAP_TABLES, /* the first of SHIM_TABLES */
	SHIM_MAP_REPLIES = SHIM_MAP_TABLES,
	SHIM_MAP_EXCHANGES,
	SHIM_MAP_OPENINGS,
	SHIM_MAP_FRAGMENTS,
	SHIM_MAP_SECTIONS /* the first of TABLE_SECTION_COUNT */
};
int shim_which(const void *map);
extern void *const shim_draft, *const shim_reply_draft,
				       *const shim_answer_draft; /* values of the maps of drafts */

/* --- tests/coverage/shim.c --- */

/* Lays the first @size bytes of the packet where nothing readable follows, and takes back where it
 * lay before. Returns its start. */
uint8_t *shim_lay(uint32_t size);

/* Does this pull fail? */
bool shim_pull_fails(void);

void *shim_map_lookup(void *map, const void *key);
long shim_map_update(void *map, const void *key, const void *value, __u64 flags);
long shim_map_delete(void *map, const void *key);
long shim_for_each(void *map, void *callback, void *context, __u64 flags);
__s64 shim_csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed);
long shim_redirect(__u32 ifindex, __u64 flags);
long shim_skb_change_tail(struct __sk_buff *skb, __u32 length, __u64 flags);
long shim_skb_store(struct __sk_buff *skb, __u32 offset, const void *from, __u32 size, __u64 flags);
long shim_xdp_adjust_tail(struct xdp_md *xdp, int by);
long shim_xdp_adjust_head(struct xdp_md *xdp, int by);
long shim_xdp_store(struct xdp_md *xdp, __u32 offset, void *from, __u32 size);
void *shim_cast(void *context);
bool shim_field(void);
long shim_core_read(void *to, __u32 size, const void *from);
__u64 shim_ancestor(struct __sk_buff *skb, int level);
__u64 shim_cgroup(struct __sk_buff *skb);
void *shim_ring_reserve(void *ring, __u64 size, __u64 flags);
void shim_ring_submit(void *event, __u64 flags);
__u64 shim_now(void);
__u64 shim_tai(void);
struct bpf_sock *shim_sk_fullsock(struct bpf_sock *sk);
void *shim_sk_storage_get(void *map, void *sk, void *value, __u64 flags);
__u32 shim_socket_uid(struct __sk_buff *skb);
long shim_skb_pull(struct __sk_buff *skb, __u32 size);
long shim_skb_load(const void *skb, __u32 offset, void *to, __u32 size);
__u64 shim_xdp_length(struct xdp_md *xdp);
long shim_xdp_load(struct xdp_md *xdp, __u32 offset, void *to, __u32 size);
long shim_xdp_adjust_meta(struct xdp_md *xdp, int by);
long shim_fib_lookup(void *context, struct bpf_fib_lookup *route, int size, __u32 flags);

#endif
