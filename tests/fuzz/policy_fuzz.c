// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no bytes make the policy parser crash, leak, hang, or return a policy beside an error. What
 * follows a NUL, which no policy holds, is a drop-in. */
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/policy.h"

#define FILES_MOST 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int parse(const uint8_t *data, size_t size, const struct groups *groups,
		 struct policy **policy, struct diagnostics *diagnostics)
{
	struct policy_sources sources = {0};
	const uint8_t *end = data + size;

	for (int i = 0; i < FILES_MOST && data <= end; i++) {
		const uint8_t *zero = i + 1 < FILES_MOST && data < end
					      ? memchr(data, 0, (size_t)(end - data))
					      : NULL;
		size_t length = (size_t)((zero ? zero : end) - data);

		if (policy_sources_add(&sources, i ? "fuzz/policy.d/1.yaml" : "fuzz/policy.yaml",
				       data, length))
			abort();
		data += length + 1;
	}
	int error = policy_parse_sources(&sources, groups, policy, diagnostics);

	policy_sources_free(&sources);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct groups *groups;
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	char text[512];

	if (!groups && groups_read("data/groups.csv", &groups, &diagnostics))
		abort();
	int error = parse(data, size, groups, &policy, &diagnostics);
	if (error ? policy || !diagnostics.errors : !policy || diagnostics.errors)
		abort();
	for (size_t i = 0; i < diagnostics.count; i++)
		diagnostic_format(&diagnostics.items[i], text, sizeof(text));
	diagnostics_free(&diagnostics);
	policy_free(policy);
	return 0;
}
