/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an event to what it means: the generation that judged it, its rule, the place that it was
 * sent to.
 *
 * There is one atlas, of the newest generation. An event of a generation that was judged by other
 * data is explained by the row of its own manifest.
 */
#ifndef GABELOU_AGENT_RESOLVER_H
#define GABELOU_AGENT_RESOLVER_H

#include "userspace/agent/manifest.h"
#include "userspace/flow/flow.h"
#include "userspace/kernel/kernel.h"

struct resolver;

/* NULL: out of memory. @kernel must outlive it. */
struct resolver *resolver_new(struct kernel *kernel);
void resolver_free(struct resolver *resolver);

/* Takes note of what is in force, and reads its data if it is not what is held already. 0;
 * -ENOENT: nothing is; -errno. Messages are about data that cannot be read: events then go without
 * ASN and operator. *changed: this is another generation than at the last call. */
int resolver_refresh(struct resolver *resolver, bool *changed, struct diagnostics *diagnostics);

/* Fills all of @flow that depends on the generation. The pointers in it are good until the next
 * call of any of these. */
void resolver_fill(struct resolver *resolver, const struct flow_event *event, struct flow *flow);

/* Of the generation in force at the last refresh; borrowed until the next. NULL: none, or it cannot
 * be read. */
const struct manifest *resolver_current(const struct resolver *resolver);

#endif
