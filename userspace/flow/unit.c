// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/unit.h"

#include <string.h>

static bool ends_with(struct slice name, const char *end)
{
	size_t length = strlen(end);

	return name.length > length && memcmp(name.text + name.length - length, end, length) == 0;
}

static bool begins_with(struct slice name, const char *start)
{
	size_t length = strlen(start);

	return name.length > length && memcmp(name.text, start, length) == 0;
}

/* The last folder of @path, which is cut before it. */
static struct slice take_last(struct slice *path)
{
	const char *slash = memrchr(path->text, '/', path->length);
	size_t kept = slash ? (size_t)(slash - path->text) : 0, skip = slash ? kept + 1 : 0;
	struct slice name = {path->text + skip, path->length - skip};

	path->length = kept;
	return name;
}

struct slice unit_of(struct slice cgroup)
{
	struct slice path = cgroup;
	bool session = false;

	if (!cgroup.text)
		return cgroup;
	while (path.length) {
		struct slice name = take_last(&path);

		if (session && begins_with(name, "user-") && ends_with(name, ".slice"))
			return name;
		if (ends_with(name, ".scope") && begins_with(name, "session-"))
			session = true;
		else if (!session && (ends_with(name, ".service") || ends_with(name, ".scope")))
			return name;
	}
	return cgroup;
}
