/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both programs need to run on the shim. Included before the program's source: a program's
 * settings are constants to the verifier, and here a variable. */
#ifndef GABELOU_TESTS_COVERAGE_PROGRAM_SHIM_H
#define GABELOU_TESTS_COVERAGE_PROGRAM_SHIM_H

#define GABELOU_BPF_CONFIG_H

#include "tests/coverage/shim.h"

void *shim_cast(void *context);
int shim_xdp_pull(struct xdp_md *xdp, __u32 size);

static struct guard_config config;
struct guard_config *const shim_config = &config;

#define __sync_fetch_and_sub(number, by)                                                    \
	((void)(shim.kernel.takers ? (void)(*(number) = 1 - shim.kernel.takers) : (void)0), \
	 (__sync_fetch_and_sub)(number, by))

/* After the program's source. */
#define SHIM_WHICH(identifier, name, text) \
	if (map == &table_##identifier)    \
		return SHIM_MAP_SECTIONS + TABLE_##identifier;
#ifndef SHIM_IS_BOOKS
#define SHIM_IS_BOOKS(map) false
#endif
#define SHIM_MAPS                                                                \
	int shim_which(const void *map)                                          \
	{                                                                        \
		TABLE_SECTIONS(SHIM_WHICH)                                       \
		return map == &counters           ? SHIM_MAP_COUNTERS            \
		       : map == &events           ? SHIM_MAP_EVENTS              \
		       : map == &flows            ? SHIM_MAP_FLOWS               \
		       : map == &events_lost      ? SHIM_MAP_LOST                \
		       : map == &pause            ? SHIM_MAP_PAUSE               \
		       : map == &report_drafts    ? SHIM_MAP_DRAFTS              \
		       : map == &reply_drafts     ? SHIM_MAP_REPLY_DRAFTS        \
		       : map == &reply_sweeps     ? SHIM_MAP_REPLY_SWEEPS        \
		       : map == &answer_drafts    ? SHIM_MAP_ANSWER_DRAFTS       \
		       : map == &answer_buckets   ? SHIM_MAP_ANSWER_BUCKETS      \
		       : map == &answers          ? SHIM_MAP_ANSWERS             \
		       : map == &local_interfaces ? SHIM_MAP_LOCAL               \
		       : map == &scope_links      ? SHIM_MAP_SCOPE_LINKS         \
		       : map == &scope_cgroups    ? SHIM_MAP_SCOPE_CGROUPS       \
		       : map == &scope_found      ? SHIM_MAP_SCOPE_FOUND         \
		       : map == &replies          ? SHIM_MAP_REPLIES             \
		       : map == &exchanges        ? SHIM_MAP_EXCHANGES           \
		       : map == &openings         ? SHIM_MAP_OPENINGS            \
		       : map == &reply_fragments  ? SHIM_MAP_FRAGMENTS           \
		       : SHIM_IS_BOOKS(map)       ? SHIM_MAP_BOOKS               \
						  : SHIM_MAP_UNKNOWN;                  \
	}                                                                        \
	static struct report_draft draft;                                        \
	static struct reply_draft reply_draft;                                   \
	void *const shim_draft = &draft;                                         \
	static struct answer_draft answer_draft;                                 \
	void *const shim_answer_draft = &answer_draft;                           \
	void *const shim_reply_draft = &reply_draft;                             \
	/* What only the verifier thinks possible. */                            \
	static void shim_unreachable(context_t *context)                         \
	{                                                                        \
		struct answer_draft wrong[] = {                                  \
			{.size = 0},                                             \
			{.size = ANSWER_MOST + 1},                               \
			{.size = ANSWER_MOST, .network = ANSWER_LINK_MOST + 1}}; \
		for (int i = 0; i < 3; i++)                                      \
			answer_replace(context, &wrong[i]);                      \
		struct scope_address source;                                     \
		scope_source_shown(context, 0, true, &source);                   \
		scope_source_shown(context, 0, false, &source);                  \
		answer_link(context, ETH_HLEN + 2, &wrong[0]);                   \
		scope_find(context, 1);                                          \
		shim.kernel.missing = SHIM_MAP_SCOPE_FOUND;                      \
		scope_find(context, 1);                                          \
		config.reject = false;                                           \
		answer_prepare(context, 0);                                      \
		answer_place(context);                                           \
		config.reject = true;                                            \
		shim.kernel.missing = SHIM_MAP_ANSWER_DRAFTS;                    \
		answer_prepare(context, 0);                                      \
		answer_place(context);                                           \
	}

#endif
