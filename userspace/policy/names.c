// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>
#include <stdlib.h>

#include "userspace/policy/parse.h"

void policy_names_read(struct reader *reader, const struct node *node, struct names *names,
		       char *(*read)(struct reader *reader, const struct node *item))
{
	bool list = node->kind == NODE_LIST;
	size_t count = list ? node->count : 1;

	names->items = policy_alloc(reader, count, sizeof(*names->items));
	for (size_t i = 0; names->items && i < count; i++) {
		names->items[names->count] = read(reader, list ? &node->children[i] : node);
		names->count += names->items[names->count] != NULL;
	}
}

bool names_match(const struct names *globs, const char *name)
{
	for (size_t i = 0; i < globs->count; i++)
		if (fnmatch(globs->items[i], name, 0) == 0)
			return true;
	return false;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}
