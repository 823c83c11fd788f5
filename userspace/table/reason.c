// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/table.h"

static const struct {
	const char *name;
	const char *text;
	enum verdict verdict;
} reasons[] = {
#define REASON(identifier, name, verdict, text) {name, text, VERDICT_##verdict},
	REASONS(REASON)
#undef REASON
};
_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == REASON_COUNT, "one row per reason");

const char *reason_name(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT ? reasons[reason].name : "?";
}

const char *reason_text(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT ? reasons[reason].text : "?";
}

enum verdict reason_verdict(enum reason reason)
{
	return (unsigned)reason < REASON_COUNT ? reasons[reason].verdict : VERDICT_DENY;
}
