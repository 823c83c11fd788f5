// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/coverage/shim.h"

#include <errno.h>
#include <limits.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PLACE_SIZE (128u << 10) /* of a packet, with room before it */
#define GUARD_SIZE 4096u
#define PLACES     2

struct shim shim;
bool bpf_cast_to_kern_ctx = true, bpf_xdp_pull_data = true;

static uint8_t *place_make(void)
{
	uint8_t *place = mmap(NULL, PLACE_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (place == MAP_FAILED || mprotect(place + PLACE_SIZE, GUARD_SIZE, PROT_NONE)) {
		perror("shim: memory below 4 GB");
		abort();
	}
	return place;
}

uint8_t *shim_lay(uint32_t size)
{
	static uint8_t *places[PLACES];
	static int last;
	int next = (last + 1) % PLACES;

	for (int i = 0; i < PLACES; i++)
		if (!places[i])
			places[i] = place_make();
	if (size > PLACE_SIZE / 2 || mprotect(places[next], PLACE_SIZE, PROT_READ | PROT_WRITE))
		abort();
	uint8_t *start = places[next] + PLACE_SIZE - size;
	memcpy(start, shim.packet->bytes, size);
	mprotect(places[last], PLACE_SIZE, PROT_NONE);
	last = next;
	return start;
}

static struct shim_flow *flow_find(const struct flow_key *key)
{
	for (uint32_t i = 0; i < SHIM_FLOWS; i++)
		if (shim.flows[i].used && memcmp(&shim.flows[i].key, key, sizeof(*key)) == 0)
			return &shim.flows[i];
	return NULL;
}

static struct shim_flow *flow_make(const struct flow_key *key, const struct flow_state *state)
{
	for (uint32_t i = 0; i < shim.kernel.flows_most; i++) {
		if (!shim.flows[i].used) {
			shim.flows[i] = (struct shim_flow){true, *key, *state};
			return &shim.flows[i];
		}
	}
	return NULL;
}

/* NULL: it is not there. */
static struct shim_entry *entry_find(int which, const void *key)
{
	struct shim_entry *entries = shim.tables[which - SHIM_MAP_TABLES];
	size_t size = which == SHIM_MAP_FRAGMENTS ? sizeof(struct reply_fragment)
						  : sizeof(struct reply_key);

	for (int i = 0; i < SHIM_ENTRIES; i++)
		if (entries[i].used && memcmp(entries[i].key, key, size) == 0)
			return &entries[i];
	return NULL;
}

/* A full table takes no more. */
static long entry_put(int which, const void *key, const void *value)
{
	struct shim_entry *entries = shim.tables[which - SHIM_MAP_TABLES];
	struct shim_entry *entry = entry_find(which, key);
	bool fragment = which == SHIM_MAP_FRAGMENTS;

	for (int i = 0; i < SHIM_ENTRIES && !entry; i++)
		entry = entries[i].used ? NULL : &entries[i];
	if (!entry)
		return -E2BIG;
	entry->used = true;
	memcpy(entry->key, key, fragment ? sizeof(struct reply_fragment) : sizeof(entry->key));
	memcpy(&entry->reply, value, fragment ? sizeof(entry->first) : sizeof(entry->reply));
	return 0;
}

static bool is_entry(int which)
{
	return which >= SHIM_MAP_TABLES && which < SHIM_MAP_TABLES + SHIM_TABLES;
}

long shim_map_delete(void *map, const void *key)
{
	struct shim_entry *entry = entry_find(shim_which(map), key);

	if (!entry)
		return -ENOENT;
	entry->used = false;
	return 0;
}

long shim_for_each(void *map, void *callback, void *context, __u64 flags)
{
	long (*each)(void *, const void *, void *, void *) =
		(long (*)(void *, const void *, void *, void *))callback;
	struct shim_entry *entries = shim.tables[shim_which(map) - SHIM_MAP_TABLES];

	(void)flags;
	for (int i = 0; i < SHIM_ENTRIES; i++)
		if (entries[i].used)
			each(map, entries[i].key, &entries[i].reply, context);
	return 0;
}

void *shim_map_lookup(void *map, const void *key)
{
	uint32_t index = *(const uint32_t *)key;
	int which = shim_which(map);
	struct shim_flow *flow;

	if (shim.kernel.no_maps || (shim.kernel.missing && which == shim.kernel.missing))
		return NULL;
	if (is_entry(which)) {
		struct shim_entry *entry = entry_find(which, key);

		return entry ? &entry->reply : NULL;
	}
	switch (which) {
	case SHIM_MAP_LOCAL:
		return (void *)shim.scopes.local;
	case SHIM_MAP_SCOPE_LINKS:
		return &shim.scopes.link;
	case SHIM_MAP_SCOPE_CGROUPS:
		return shim.scopes.cgroups[index] ? &shim.scopes.cgroups[index] : NULL;
	case SHIM_MAP_SCOPE_FOUND:
		return index == SCOPE_FOUND_EPOCH ? &shim.scopes.epoch : &shim.scopes.found;
	case SHIM_MAP_ANSWER_DRAFTS:
		return index == 0 ? shim_answer_draft : NULL;
	case SHIM_MAP_ANSWER_BUCKETS:
		return index <= ANSWER_PAIRS ? &shim.buckets[index] : NULL;
	case SHIM_MAP_ANSWERS:
		return index < ANSWERS ? &shim.answers[index] : NULL;
	case SHIM_MAP_REPLY_DRAFTS:
		return index == 0 ? shim_reply_draft : NULL;
	case SHIM_MAP_REPLY_SWEEPS:
		return index == 0 ? &shim.sweep : NULL;
	case SHIM_MAP_COUNTERS:
		return index < shim.counter_count ? &shim.counters[index] : NULL;
	case SHIM_MAP_LOST:
		return index == 0 ? &shim.lost : NULL;
	case SHIM_MAP_DRAFTS:
		return index == 0 ? shim_draft : NULL;
	case SHIM_MAP_PAUSE:
		return index == 0 ? &shim.pause : NULL;
	case SHIM_MAP_BOOKS:
		return index == BOOKS_SLOT(1) ? &shim.book : NULL;
	case SHIM_MAP_FLOWS:
		flow = flow_find(key);
		return flow ? &flow->state : NULL;
	}
	if (which < SHIM_MAP_SECTIONS) {
		fprintf(stderr, "shim: a map that it does not know: see shim_which()\n");
		abort();
	}
	return index == 0 ? (void *)shim.sections[which - SHIM_MAP_SECTIONS] : NULL;
}

long shim_map_update(void *map, const void *key, const void *value, __u64 flags)
{
	if (is_entry(shim_which(map)))
		return entry_put(shim_which(map), key, value);
	if (shim_which(map) != SHIM_MAP_FLOWS || flags != BPF_NOEXIST)
		abort();
	if (shim.kernel.other_cpu)
		flow_make(key, value);
	if (flow_find(key))
		return -EEXIST;
	return flow_make(key, value) ? 0 : -E2BIG;
}

void *shim_ring_reserve(void *ring, __u64 size, __u64 flags)
{
	if (shim_which(ring) != SHIM_MAP_EVENTS || size != sizeof(struct flow_event) || flags ||
	    shim.event_count == SHIM_EVENTS)
		abort();
	return shim.kernel.ring_full ? NULL : &shim.events[shim.event_count];
}

void shim_ring_submit(void *event, __u64 flags)
{
	(void)flags;
	if (event != &shim.events[shim.event_count++])
		abort();
}

__u64 shim_now(void)
{
	return shim.kernel.now;
}

__u64 shim_tai(void)
{
	return shim.kernel.tai;
}

/* --- packets that are written anew --- */

/* lib/checksum.c: sixteen bits at a time, folded to 32. */
__s64 shim_csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed)
{
	uint64_t sum = seed;
	uint16_t word;

	if (from || from_size || to_size % 4)
		abort();
	for (uint32_t i = 0; i < to_size; i += sizeof(word)) {
		memcpy(&word, (uint8_t *)to + i, sizeof(word));
		sum += word;
	}
	return (__s64)((sum & UINT32_MAX) + (sum >> 32));
}

long shim_redirect(__u32 ifindex, __u64 flags)
{
	(void)ifindex;
	return flags == BPF_F_INGRESS ? TC_ACT_REDIRECT : TC_ACT_SHOT;
}

static long resize(uint32_t length)
{
	if (length > sizeof(shim.written.bytes))
		abort();
	shim.written.length = length;
	return 0;
}

long shim_skb_change_tail(struct __sk_buff *skb, __u32 length, __u64 flags)
{
	(void)skb, (void)flags;
	return shim.kernel.tail_fails ? -ENOMEM : resize(length);
}

long shim_xdp_adjust_tail(struct xdp_md *xdp, int by)
{
	(void)xdp;
	return shim.kernel.tail_fails ? -EINVAL : resize(shim.packet->length + (uint32_t)by);
}

long shim_xdp_adjust_head(struct xdp_md *xdp, int by)
{
	(void)xdp;
	return shim.kernel.head_fails ? -EINVAL : resize(shim.packet->length - (uint32_t)by);
}

static long store(uint32_t offset, const void *from, uint32_t size)
{
	if (!shim.written.length)
		shim.written.length = shim.packet->length;
	if ((++shim.written.stores >= shim.kernel.store_fails && shim.kernel.store_fails) ||
	    offset + size > shim.written.length)
		return -EFAULT;
	memcpy(shim.written.bytes + offset, from, size);
	return 0;
}

long shim_skb_store(struct __sk_buff *skb, __u32 offset, const void *from, __u32 size, __u64 flags)
{
	(void)skb, (void)flags;
	return store(offset, from, size);
}

long shim_xdp_store(struct xdp_md *xdp, __u32 offset, void *from, __u32 size)
{
	(void)xdp;
	return store(offset, from, size);
}

static bool load_fails(void)
{
	return ++shim.loads >= shim.kernel.load_fails && shim.kernel.load_fails;
}

/* --- the kernel's own memory --- */

bool shim_field(void)
{
	return shim.kernel.has_fields &&
	       (!shim.kernel.fields || shim.fields_asked++ < shim.kernel.fields);
}

long shim_core_read(void *to, __u32 size, const void *from)
{
	if (shim.kernel.no_reads)
		return -EFAULT;
	memcpy(to, from == shim.context ? shim_cast((void *)from) : from, size);
	return 0;
}

/* --- sockets --- */

__u64 shim_ancestor(struct __sk_buff *skb, int level)
{
	(void)skb;
	return (uint32_t)level < shim.packet->depth ? (__u64)level + 1 : 0;
}

__u64 shim_cgroup(struct __sk_buff *skb)
{
	(void)skb;
	return shim.packet->depth;
}

struct bpf_sock *shim_sk_fullsock(struct bpf_sock *sk)
{
	return shim.kernel.small_socket ? NULL : sk;
}

void *shim_sk_storage_get(void *map, void *sk, void *value, __u64 flags)
{
	(void)map;
	if (!sk || value || flags)
		abort();
	return (void *)shim.kernel.sender;
}

__u32 shim_socket_uid(struct __sk_buff *skb)
{
	(void)skb;
	return SHIM_USER;
}

bool shim_pull_fails(void)
{
	return ++shim.pulls >= shim.kernel.pull_fails && shim.kernel.pull_fails;
}

/* net/core/filter.c, bpf_skb_pull_data: what is not there cannot be pulled (-ENOMEM). */
long shim_skb_pull(struct __sk_buff *skb, __u32 size)
{
	uint32_t linear = skb->data_end - skb->data;

	if (shim_pull_fails() || size > skb->len)
		return -ENOMEM;
	if (size < linear)
		size = linear;
	skb->data = (__u32)(uintptr_t)shim_lay(size);
	skb->data_end = skb->data + size;
	return 0;
}

/* bpf_skb_load_bytes: from all pieces; what it could not read it sets to zero. */
long shim_skb_load(const void *skb, __u32 offset, void *to, __u32 size)
{
	(void)skb;
	if (load_fails() || offset > INT_MAX || offset > shim.packet->length ||
	    size > shim.packet->length - offset) {
		memset(to, 0, size);
		return -EFAULT;
	}
	memcpy(to, shim.packet->bytes + offset, size);
	return 0;
}

__u64 shim_xdp_length(struct xdp_md *xdp)
{
	(void)xdp;
	return shim.packet->length;
}

/* bpf_xdp_load_bytes: from all pieces; what it could not read it leaves. */
long shim_xdp_load(struct xdp_md *xdp, __u32 offset, void *to, __u32 size)
{
	(void)xdp;
	if (load_fails() || offset > 0xffff || size > 0xffff || offset + size > shim.packet->length)
		return -EINVAL;
	memcpy(to, shim.packet->bytes + offset, size);
	return 0;
}

/* Room before the packet: there is some in every place. */
long shim_xdp_adjust_meta(struct xdp_md *xdp, int by)
{
	if (shim.kernel.meta_fails || by > 0 || by % 4 || by < -32)
		return -EINVAL;
	if (!shim.kernel.meta_lies)
		xdp->data_meta = xdp->data + (__u32)by;
	return 0;
}

long shim_fib_lookup(void *context, struct bpf_fib_lookup *route, int size, __u32 flags)
{
	(void)context;
	if (size != sizeof(*route))
		return -EINVAL;
	memcpy(shim.asked, route->ipv6_dst, sizeof(shim.asked));
	/* asked about the way out, the kernel puts the next hop in the destination's place */
	if (flags & BPF_FIB_LOOKUP_OUTPUT && shim.kernel.router)
		route->ipv6_dst[shim.kernel.router - 1] ^= 1;
	return shim.kernel.routes[flags & BPF_FIB_LOOKUP_DIRECT ? 1 : 0];
}
