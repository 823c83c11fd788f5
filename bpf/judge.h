/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a destination to a decision: the verdict table of this generation. */
#ifndef GABELOU_BPF_JUDGE_H
#define GABELOU_BPF_JUDGE_H

#include <linux/if_ether.h>

#include "bpf/config.h"
#include "bpf/likely.h"
#include "bpf/maps.h"

static __always_inline const void *section_bytes(void *map)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(map, &zero);
}

#define LOOKUP_CONTEXT                 int
#define LOOKUP_BYTES(context, SECTION) ((void)(context), section_bytes(&table_##SECTION))
#define LOOKUP_SIZE(context, SECTION)  ((void)(context), (__u64)config.sizes[TABLE_##SECTION])
#include "maps/lookup.h"

struct decision {
	__u32 row;     /* ROW_NOT_JUDGED if the table was not asked */
	__u32 counter; /* slot */
	__u16 class;
	__u16 rule;
	__u8 reason;
	__u8 verdict;
	__u8 flags; /* of its event, beside those of the hook: enum event_flag */
};

/* A decision that needs no table: by the parser. */
static __always_inline struct decision judge_unseen(__u8 reason)
{
	return (struct decision){
		.row = ROW_NOT_JUDGED,
		.counter = reason,
		.rule = RULE_NONE,
		.reason = reason,
		.verdict = reason == REASON_CONTROL ? VERDICT_ALLOW : VERDICT_DENY,
	};
}

/* A function of its own, which the verifier looks at once and not once per way of parsing. Returns
 * row number << 16 | class; CLASS_NONE with row 0 if the table knows nothing. @scope: of the
 * sender, the number of its first row. */
__noinline __u64 judge_v6(__u32 scope, __u64 high, __u64 low)
{
	struct lookup_answer answer = lookup_judge_v6(0, scope, high, low);

	return (__u64)answer.row_number << 16 | answer.class;
}

static __always_inline struct decision judge_answer(struct lookup_answer answer)
{
	if (unlikely(!answer.row))
		return judge_unseen(REASON_INTERNAL);
	return (struct decision){
		.row = answer.row_number,
		.counter = COUNTER_OF_ROW(answer.row_number),
		.class = answer.class,
		.rule = answer.row->rule,
		.reason = answer.row->reason,
		.verdict = LOOKUP_DENIES(answer.row) ? VERDICT_DENY : VERDICT_ALLOW,
	};
}

/* @address in host order. */
static __always_inline struct decision judge_ipv4(__u32 scope, __u32 address)
{
	return judge_answer(lookup_judge_v4(0, scope, address));
}

static __always_inline struct decision judge_ipv6(__u32 scope, __u64 high, __u64 low)
{
	__u64 found = judge_v6(scope, high, low);

	return judge_answer((struct lookup_answer){
		.class = (__u16)found,
		.row_number = (__u32)(found >> 16),
		.row = lookup_row(0, (__u32)(found >> 16), 0),
	});
}

#endif
