/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changes among the exceptions from one policy to another. They stand beside the comparison of
 * address space: what a port lets out of an address is not that address let out. Pure.
 */
#ifndef GABELOU_TABLE_COMPARE_EXCEPTIONS_H
#define GABELOU_TABLE_COMPARE_EXCEPTIONS_H

#include "userspace/policy/policy.h"

enum exception_change {
	EXCEPTION_GAINED, /* lets pass what had no exception, or one that is over */
	EXCEPTION_LOST,   /* no longer there, or over by now */
	EXCEPTION_MOVED,  /* lets pass the same until another day */
	EXCEPTION_OVER,   /* still in the new policy, and lets nothing pass on either side */
	EXCEPTION_CHANGES
};

/* "gained", "lost", "moved", "over" */
const char *exception_change_name(enum exception_change change);

struct compared_exception {
	enum exception_change change;
	const struct rule *rule; /* of the new policy; of the old one where it is not there */
	int64_t until_before;    /* of MOVED: as struct rule has it; else 0 */
};

struct compared_exceptions {
	struct compared_exception *items; /* by change, then in the order of the policy */
	size_t count;
	size_t kept; /* hold on both sides alike */
};

/* Two are one if they let out the same ports to the same destinations. @before NULL: not known.
 * @now: seconds since 1970. 0 or -ENOMEM. Borrows from both policies; the caller frees @found. */
int compare_exceptions(const struct policy *before, const struct policy *after, int64_t now,
		       struct compared_exceptions *found);
void compared_exceptions_free(struct compared_exceptions *found);

#endif
