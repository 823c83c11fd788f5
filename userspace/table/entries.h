/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions, as the entries of the rows that they lie within. */
#ifndef GABELOU_TABLE_ENTRIES_H
#define GABELOU_TABLE_ENTRIES_H

#include "userspace/base/intern.h"
#include "userspace/table/table.h"

/* Fills TABLE_ENTRIES, and names each row's run in it: of rows that deny, the exceptions of its set
 * of rules, in the policy's order. @rule_sets: of bool[rule_count]. -EOVERFLOW with a message: too
 * many for one row or for the table; -ENOMEM without one. */
int entries_fill(const struct policy *policy, const struct intern *rule_sets, struct table *table,
		 struct diagnostics *diagnostics);

#endif
