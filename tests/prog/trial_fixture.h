/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of BPF_PROG_RUN share: a trial of the table made by hand. */
#ifndef GABELOU_TESTS_PROG_TRIAL_FIXTURE_H
#define GABELOU_TESTS_PROG_TRIAL_FIXTURE_H

#include "tests/prog/hand_table.h"
#include "tests/prog/namespace.h"

struct fixture {
	struct diagnostics diagnostics;
	struct table *table;
	struct kernel_trial *trial;
};

static inline int fixture_set_up(void **state, const struct kernel_options *options)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->table = hand_table(false, NULL, &fixture->diagnostics);
	*state = fixture;
	kernel_trial_open(fixture->table, options, &fixture->trial, &fixture->diagnostics);
	namespace_say(&fixture->diagnostics);
	return fixture->trial ? 0 : -1;
}

static inline int fixture_tear_down(void **state)
{
	struct fixture *fixture = *state;

	kernel_trial_close(fixture->trial);
	table_free(fixture->table);
	diagnostics_free(&fixture->diagnostics);
	free(fixture);
	return 0;
}

#endif
