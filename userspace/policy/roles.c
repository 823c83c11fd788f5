// SPDX-License-Identifier: GPL-2.0-or-later
/* "interfaces: roles:", in the order in which they are written: the first that matches counts. */
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

/* A kernel's interface name holds neither white space nor a slash. */
char *policy_glob_read(struct reader *reader, const struct node *item)
{
	char *glob = NULL;

	if (item->kind != NODE_TEXT || !item->text[0] || strpbrk(item->text, " \t\n/:"))
		policy_fault(reader, item,
			     "`%s` is no name or glob of interfaces; write one, as "
			     "in \"eth*\"",
			     policy_quote(item).text);
	else if (strcmp(item->text, "auto") == 0)
		policy_fault(reader, item,
			     "`auto` in a list would be an interface of that name; write "
			     "`guard: auto`");
	else if (!(glob = strdup(item->text)))
		reader->out_of_memory = true;
	return glob;
}

static void read_role(struct reader *reader, const struct node *name, const struct node *value)
{
	static const char *const roles[] = {
		[ROLE_UPLINK] = "uplink", [ROLE_UPPER] = "upper", [ROLE_GUEST] = "guest"};
	struct policy *policy = reader->policy;
	int role = policy_choice_read(reader, value, "roles", roles, 3);
	char *glob = policy_glob_read(reader, name);

	if (glob && role >= 0)
		policy->roles[policy->role_count++] =
			(struct role_glob){glob, (enum interface_role)role};
	else
		free(glob);
}

void policy_roles_read(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	if (node->kind != NODE_MAP) {
		policy_fault(reader, node,
			     "`roles:` is made of interfaces and their roles; write {\"cali*\": "
			     "guest}");
		return;
	}
	policy->roles = policy_alloc(reader, node->count / 2, sizeof(*policy->roles));
	for (size_t i = 0; policy->roles && i < node->count; i += 2)
		read_role(reader, &node->children[i], &node->children[i + 1]);
}

void policy_roles_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->role_count; i++)
		free(policy->roles[i].glob);
	free(policy->roles);
}
