/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/scope*.h and bpf/local.h: whose packet it is, and what is local through an
 * interface. Three scopes: the policy's own rules, one that allows what those deny, and the
 * strictest. */
#ifndef GABELOU_TESTS_COVERAGE_SCOPES_H
#define GABELOU_TESTS_COVERAGE_SCOPES_H

#include "tests/coverage/tunnels.h"

enum { SCOPE_OWN, SCOPE_OTHER, SCOPE_STRICT, SCOPES };

#define SOURCE4 0x0a580002u /* of all forms */
#define SOURCE6 0xfd00000000000000u

static struct class_row scopes_rows[SCOPES * CORPUS_CLASSES];
static struct {
	struct scope_sources sources;
	struct scope_range ranges[6];
} scopes_sources;

static int scopes_reset(void **state)
{
	world_reset(state);
	for (int scope = 0; scope < SCOPES; scope++) {
		struct class_row *rows = &scopes_rows[scope * CORPUS_CLASSES];

		memcpy(rows, shim.sections[TABLE_ROWS], sizeof(scopes_rows) / SCOPES);
		rows[HAND_DENIED].act = scope == SCOPE_OTHER ? ROW_ALLOW : ROW_DENY;
		rows[HAND_ALLOWED].act = scope == SCOPE_OWN ? ROW_ALLOW : ROW_DENY;
	}
	memset(&scopes_sources, 0, sizeof(scopes_sources));
	shim.sections[TABLE_ROWS] = scopes_rows;
	shim_config->sizes[TABLE_ROWS] = sizeof(scopes_rows);
	shim.sections[TABLE_SOURCES] = &scopes_sources;
	shim_config->sizes[TABLE_SOURCES] = sizeof(scopes_sources);
	shim_config->classes = CORPUS_CLASSES;
	shim_config->rows = SCOPES * CORPUS_CLASSES;
	shim_config->scopes = SCOPES;
	return 0;
}

static bool scopes_passes(const struct frame *frame, const struct shim_packet *like)
{
	struct shim_packet packet = *like;
	struct shim_packet plain = world_packet(frame, false);

	packet.bytes = plain.bytes;
	packet.length = plain.length;
	packet.protocol = plain.protocol;
	shim.scopes.found = 0;
	return world_run(&packet, false).words[TRIAL_VERDICT] == VERDICT_ALLOW;
}

/* Which scope judges packets of this form, that are else like @like? */
static int scopes_of(const char *form, const struct shim_packet *like)
{
	struct frame allowed = world_form(form), denied = world_denied(form);
	bool own = scopes_passes(&allowed, like), other = scopes_passes(&denied, like);

	assert_false(own && other);
	return own ? SCOPE_OWN : other ? SCOPE_OTHER : SCOPE_STRICT;
}

static void scopes_by_interface(void **state)
{
	uint32_t came_in = shim_is_gateway ? 1 : 2;
	struct shim_packet here = {.from_nowhere = true}, sent = {.from_socket = true};
	struct shim_packet forwarded = {.forwarded = true};

	(void)state;
	shim_config->scoped_by = SCOPES_BY_INTERFACE;
	shim.scopes.link = SCOPE_LINK(came_in, SCOPE_OTHER);
	assert_int_equal(scopes_of("tcp4", &here), SCOPE_STRICT);
	assert_int_equal(scopes_of("tcp4", &sent), shim_is_gateway ? SCOPE_OTHER : SCOPE_OWN);
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_OTHER);
	assert_int_equal(scopes_of("destination-options", &forwarded), SCOPE_OTHER);
	shim.scopes.link = SCOPE_LINK(came_in + 1, SCOPE_OTHER);
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_STRICT);
	shim.kernel.missing = SHIM_MAP_SCOPE_LINKS;
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_STRICT);
}

static void scopes_by_cgroup(void **state)
{
	static const struct {
		uint32_t depth, first, second;
		int scope;
	} cases[] = {
		{2, 0, SCOPE_OTHER, SCOPE_OTHER},
		{2, SCOPE_OTHER, 0, SCOPE_OTHER},
		{2, 0, 0, SCOPE_OWN},
		{2, SCOPE_WATCHED, 0, SCOPE_STRICT}, /* not looked at yet */
		{2, SCOPE_WATCHED, SCOPE_OTHER, SCOPE_OTHER},
		{2, SCOPE_WATCHED | SCOPE_OTHER, SCOPE_WATCHED, SCOPE_OTHER},
		{2, 0, SCOPE_UNKNOWN, SCOPE_STRICT},
		{SCOPE_CGROUP_LEVELS, SCOPE_OTHER, 0, SCOPE_STRICT}, /* too deep */
	};
	struct shim_packet packet = {.from_socket = true, .state = 1};
	struct shim_packet forwarded = {.forwarded = true};

	(void)state;
	shim_config->scoped_by = SCOPES_BY_CGROUP;
	if (shim_is_gateway) { /* no sockets, and nothing but what came in */
		assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OWN);
		packet.from_nowhere = true;
		assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
		return;
	}
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_OWN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet.depth = cases[i].depth;
		shim.scopes.cgroups[1] = cases[i].first;
		shim.scopes.cgroups[2] = cases[i].second;
		assert_int_equal(scopes_of("tcp4", &packet), cases[i].scope);
	}
	/* What was found is kept, until something changes. */
	struct frame denied = world_denied("tcp4");
	packet.depth = 2;
	shim.scopes.cgroups[1] = 0;
	shim.scopes.cgroups[2] = SCOPE_OTHER;
	assert_true(scopes_passes(&denied, &packet));
	shim.scopes.cgroups[2] = 0;
	struct shim_packet again = world_packet(&denied, false);
	again.depth = packet.depth;
	again.state = packet.state;
	assert_int_equal(world_run(&again, false).words[TRIAL_VERDICT], VERDICT_ALLOW);
	shim.scopes.epoch++;
	assert_int_equal(world_run(&again, false).words[TRIAL_VERDICT], VERDICT_DENY);
	shim.kernel.missing = SHIM_MAP_SCOPE_FOUND;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
}

/* A socket that is not all there, or that the kernel does not show, takes a call. */
static void scopes_by_cgroup_of_any_socket(void **state)
{
	static const uint8_t states[] = {0, 6, 12};
	struct shim_packet packet = {.from_socket = true, .depth = 2};

	(void)state;
	if (shim_is_gateway)
		return;
	shim_config->scoped_by = SCOPES_BY_CGROUP;
	shim.scopes.cgroups[2] = SCOPE_OTHER;
	for (size_t i = 0; i < sizeof(states); i++) {
		packet.state = states[i];
		assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OTHER);
	}
	packet.state = 1;
	shim.kernel.has_fields = false;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OTHER);
	bpf_cast_to_kern_ctx = false;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OTHER);
	packet.depth = 0;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
}

static void scopes_by_source(void **state)
{
	struct scope_index *index = scopes_sources.sources.index;
	struct shim_packet any = {0};

	(void)state;
	shim_config->scoped_by = SCOPES_BY_SOURCE;
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_OWN);
	index[0].scopes[SOURCE4 >> 16] = SCOPE_OTHER;
	index[1].scopes[SOURCE6 >> 48] = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_OTHER);
	assert_int_equal(scopes_of("tcp6", &any), SCOPE_OTHER);
	index[0].base = (uint64_t)SOURCE4 >> 16 << 48; /* all that is claimed begins so */
	index[0].common = 16;
	index[0].scopes[SOURCE4 & 0xffff] = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_OTHER);
	index[0].base = ~index[0].base;
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_OWN);
	/* Where the first bits do not tell, ranges do. */
	index[0].common = 0;
	index[0].base = 0;
	index[0].scopes[SOURCE4 >> 16] = index[1].scopes[SOURCE6 >> 48] = SCOPE_UNKNOWN;
	index[0].ranges = index[1].ranges = 3;
	scopes_sources.ranges[1] = (struct scope_range){(uint64_t)SOURCE4 << 32, 0, SCOPE_OTHER, 0};
	scopes_sources.ranges[2] = (struct scope_range){((uint64_t)SOURCE4 + 1) << 32, 0, 0, 0};
	scopes_sources.ranges[4] = (struct scope_range){SOURCE6, 2, SCOPE_OTHER, 0};
	scopes_sources.ranges[5] = (struct scope_range){SOURCE6, 3, 0, 0};
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_OTHER);
	assert_int_equal(scopes_of("tcp6", &any), SCOPE_OTHER);
	scopes_sources.ranges[4].low = 3;
	assert_int_equal(scopes_of("tcp6", &any), SCOPE_OWN);
	scopes_sources.ranges[4].high = SOURCE6 - 1;
	scopes_sources.ranges[5].high = SOURCE6 + 1;
	assert_int_equal(scopes_of("tcp6", &any), SCOPE_OTHER);
	shim_config->sizes[TABLE_SOURCES] = sizeof(scopes_sources.sources);
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_STRICT);
	shim_config->sizes[TABLE_SOURCES] = 8;
	assert_int_equal(scopes_of("tcp4", &any), SCOPE_STRICT);
}

/* By the first source, whatever a NAT made of it; seen by a copy, too. */
static void scopes_behind_a_nat(void **state)
{
	const uint32_t other4[4] = {htonl(0x05060708)};
	const uint32_t other6[4] = {htonl(0x20010db8), 0, 0, htonl(1)};
	struct shim_packet packet = {.nat = other4}, shown = {0};

	(void)state;
	shim_config->scoped_by = SCOPES_BY_SOURCE;
	scopes_sources.sources.index[0].scopes[0x0506] = SCOPE_OTHER;
	scopes_sources.sources.index[1].scopes[0x2001] = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &shown), SCOPE_OWN);
	if (shim_is_gateway)
		return;
	for (int without = 0; without < 3; without++) {
		shim_config->without = without == 1 ? WITHOUT_CONTEXT : 0;
		bpf_cast_to_kern_ctx = without < 2;
		for (packet.nat_info = 0; packet.nat_info < 5; packet.nat_info++) {
			packet.nat = other4;
			assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OTHER);
			packet.nat = other6;
			assert_int_equal(scopes_of("tcp6", &packet), SCOPE_OTHER);
		}
		packet.nat = other4;
		packet.nat_info = 0;
		assert_int_equal(scopes_of("tcp4", &shown), SCOPE_OWN);
		shim.kernel.no_reads = true;
		assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
		shim.kernel.no_reads = false;
		shim.kernel.fields = 1;
		assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
		shim.kernel.fields = 0;
	}
	shim.kernel.has_fields = false;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_OWN);
	shim_config->without = WITHOUT_READS;
	assert_int_equal(scopes_of("tcp4", &packet), SCOPE_STRICT);
}

/* Two claims for one packet. */
static void scopes_of_two_minds(void **state)
{
	struct shim_packet forwarded = {.forwarded = true};
	uint8_t *by_source = &scopes_sources.sources.index[0].scopes[SOURCE4 >> 16];
	uint32_t came_in = shim_is_gateway ? 1 : 2;

	(void)state;
	shim_config->scoped_by = SCOPES_BY_INTERFACE | SCOPES_BY_SOURCE | SCOPES_BY_CGROUP;
	shim.scopes.link = SCOPE_LINK(came_in, SCOPE_OTHER);
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_OTHER);
	*by_source = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_OTHER);
	*by_source = SCOPE_STRICT;
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_STRICT);
	shim.scopes.link = SCOPE_LINK(came_in, SCOPE_OWN);
	*by_source = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &forwarded), SCOPE_OTHER);
	if (shim_is_gateway)
		return;
	shim_config->scoped_by = SCOPES_BY_INTERFACE | SCOPES_BY_CGROUP;
	struct shim_packet sent = {.from_socket = true, .state = 1, .depth = 2};
	shim.scopes.cgroups[2] = SCOPE_OTHER;
	assert_int_equal(scopes_of("tcp4", &sent), SCOPE_OTHER);
	struct shim_packet made = {.state = 1, .depth = 2};
	assert_int_equal(scopes_of("tcp4", &made), SCOPE_STRICT);
}

/* Of a tunnel the packet inside tells; and the strictest knows whom a rule denies. */
static void scopes_in_tunnels(void **state)
{
	struct frame inside = tunnel(0, 1, true);

	(void)state;
	tunnels_name(shim_config->tunnels, &shim_config->tunnel_count);
	shim_config->scoped_by = SCOPES_BY_SOURCE;
	struct outcome outcome = world_run_frame(&inside);
	world_expect(&outcome, REASON_RULE_ALLOW, "inside a tunnel");
	scopes_rows[SCOPE_STRICT * CORPUS_CLASSES + HAND_DENIED].reason = REASON_RULE_DENY;
	outcome = world_run_frame(&inside);
	world_expect(&outcome, REASON_TUNNEL, "to whom some scope denies");
}

static void local_expect(const struct frame *frame, enum reason reason)
{
	struct outcome outcome = world_run_frame(frame);

	world_expect(&outcome, reason, "through an interface");
}

static void local_through_an_interface(void **state)
{
	struct frame denied4 = world_denied("udp4"), denied6 = world_denied("udp6");
	struct frame unseen = world_form("esp4");
	uint32_t entries = 1;
	uint64_t high6 = 0, low4 = 0;

	(void)state;
	for (int i = 0; i < 8; i++)
		high6 = high6 << 8 | denied6.bytes[denied6.ip + 24 + i];
	for (int i = 0; i < 4; i++)
		low4 = low4 << 8 | denied4.bytes[denied4.ip + 16 + i];
	shim_config->local_count = 2;
	shim_config->locals[0] =
		(struct guard_local){.low = low4, .mask_low = UINT32_MAX, .entry = 1, .v4 = true};
	shim_config->locals[1] =
		(struct guard_local){.high = high6, .mask_high = UINT64_MAX, .entry = 1};
	local_expect(&denied4, REASON_SOIL); /* no such interface */
	shim.scopes.local = &entries;
	local_expect(&denied4, REASON_LOCAL);
	local_expect(&denied6, REASON_LOCAL);
	local_expect(&unseen, REASON_TUNNEL);
	entries = 2; /* of another entry */
	local_expect(&denied4, REASON_SOIL);
	entries = 1;
	shim_config->locals[0].low++;
	local_expect(&denied4, REASON_SOIL);
	shim_config->locals[1].high++;
	local_expect(&denied6, REASON_SOIL);
	memset(shim_config->locals, 0, sizeof(shim_config->locals));
	shim_config->local_count = LOCAL_NETS_MOST;
	local_expect(&denied4, REASON_SOIL);
}

#endif
