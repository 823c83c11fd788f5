// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no bytes make the policy parser crash, leak, hang, or return a policy beside an error. */
#include <stdlib.h>

#include "userspace/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct groups *groups;
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	char text[512];

	if (!groups && groups_read("data/groups.csv", &groups, &diagnostics))
		abort();
	int error = policy_parse("fuzz/policy.yaml", data, size, groups, &policy, &diagnostics);
	if (error ? policy || !diagnostics.errors : !policy || diagnostics.errors)
		abort();
	for (size_t i = 0; i < diagnostics.count; i++)
		diagnostic_format(&diagnostics.items[i], text, sizeof(text));
	diagnostics_free(&diagnostics);
	policy_free(policy);
	return 0;
}
