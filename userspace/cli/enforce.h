/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last steps of apply and update: review, bound, swap, and show what is in force. */
#ifndef GABELOU_CLI_ENFORCE_H
#define GABELOU_CLI_ENFORCE_H

#include "userspace/agent/pipeline.h"
#include "userspace/cli/cli.h"
#include "userspace/kernel/kernel.h"

struct enforcement {
	bool strict;           /* a warning is an error */
	bool json;             /* what is shown... */
	bool quiet;            /* ...if anything is */
	bool early;            /* no interface need be there yet */
	bool ask;              /* whoever sits at a terminal what the policy leaves open */
	bool force;            /* even if it cuts the connection that we come by */
	uint64_t confirm_ns;   /* on trial for so long; 0: it stays */
	const unsigned *bound; /* how much may change (table/bound.h); NULL: anything */
};

/* Of a pipeline that was compiled into maps, which is freed. Whatever fails, what was enforced
 * stays. */
enum cli_exit enforce(struct pipeline *pipeline, const struct enforcement *enforcement,
		      struct diagnostics *diagnostics);

/* What a policy asks of the kernel side, borrowed from it. 0, or -errno with a message. */
int enforce_options(const struct policy *policy, struct kernel_options *options,
		    struct diagnostics *diagnostics);

/* The value of --max-change (table/bound.h). 0, or -EINVAL with a message. */
int enforce_read_bound(const char *max_change, unsigned *share, struct diagnostics *diagnostics);

/* {"generation","previous","seconds_left","failed"}; a new reference. */
json_t *enforce_trial_json(const struct kernel_pending *pending);

/* Shows what is in force, and then drops what was so before. 0 or -errno with messages. */
int enforce_show(struct kernel *kernel, const struct enforcement *enforcement,
		 struct diagnostics *diagnostics);

#endif
