/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded flows, to be judged anew: summed up by destination address.
 *
 * Either the flow log of the agent (flow.h; also any other log in the Elastic Common Schema), a
 * JSON object on each line, of which destination.ip, network.packets, network.bytes and
 * gabelou.event are used; or CSV, address[,packets[,bytes]], each line a flow, with or without a
 * header, '#' comments. Which of them, the first line tells.
 */
#ifndef GABELOU_FLOW_REPLAY_H
#define GABELOU_FLOW_REPLAY_H

#include <stdio.h>

#include "userspace/base/address.h"
#include "userspace/base/diagnostic.h"
#include "userspace/base/intern.h"
#include "userspace/table/table.h"

#define REPLAY_LINE_MOST    (64u << 10)
#define REPLAY_ADDRESS_MOST (4u << 20) /* distinct ones: some 250 MB */

struct replay_target {
	struct address address;
	uint64_t flows, packets, bytes;
};

/* All zero is empty. */
struct replay {
	struct intern addresses; /* struct address: targets[i] is the i-th */
	struct replay_target *targets;
	size_t count, capacity;
	uint64_t flows;
	uint64_t lost;      /* events that the log itself says it lacks */
	uint64_t elsewhere; /* lines without an IP destination */
	uint64_t broken; /* lines of a log that were left out, with a warning for the first ones */
};

/*
 * Reads to the end of @file, which is called @name in messages. A broken line of a CSV file is an
 * error; one of a log is left out with a warning, for a full disk may have cut it, but a log of
 * which no line can be read is an error. 0; -EBADMSG, -EFBIG, -ENODATA (no line at all), -ENOMEM or
 * another -errno, with a message. The caller frees it, also on failure.
 */
int replay_read(FILE *file, const char *name, struct replay *replay,
		struct diagnostics *diagnostics);
void replay_free(struct replay *replay);

/* A destination on which two tables do not agree. */
struct replay_change {
	struct replay_target target;
	struct decision before, after;
};

/* One direction of change, most packets first. */
struct replay_list {
	struct replay_change *items;
	size_t count;
	uint64_t flows, packets, bytes;
};

struct replay_verdicts {
	struct replay_list cut;     /* would newly be denied */
	struct replay_list let_out; /* would newly be allowed */
};

/* Judges each destination by both tables. 0 or -ENOMEM. The caller frees it, also on failure. */
int replay_judge(const struct replay *replay, const struct table *before, const struct table *after,
		 struct replay_verdicts *verdicts);
void replay_verdicts_free(struct replay_verdicts *verdicts);

#endif
