// SPDX-License-Identifier: GPL-2.0-or-later
/* "local:": what passes without being judged. */
#include <stdlib.h>
#include <string.h>

#include "maps/local.h"
#include "userspace/policy/parse.h"

/* Of space that is anybody's, a network that is not judged may be that wide. */
#define V4_WIDEST 16
#define V6_WIDEST 32

static bool is_private(const struct prefix *prefix)
{
	static const char *const space[] = {"10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
					    "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
					    "fc00::/7",      "fe80::/10"};
	struct prefix outer;

	for (size_t i = 0; i < sizeof(space) / sizeof(space[0]); i++)
		if (prefix_parse(space[i], strlen(space[i]), &outer) == PREFIX_OK &&
		    prefix->length >= outer.length &&
		    prefix_contains(&outer, (struct address){prefix->family, prefix->value}))
			return true;
	return false;
}

static void check_width(struct reader *reader, const struct node *node, const struct prefix *prefix)
{
	unsigned widest = prefix->family == FAMILY_V4 ? V4_WIDEST : V6_WIDEST;
	char text[PREFIX_TEXT_SIZE];

	if (prefix->length < widest && !is_private(prefix))
		policy_fault(reader, node,
			     "%s is too wide to go without being judged; name private space, or "
			     "networks of /%u or longer",
			     prefix_format(prefix, text), widest);
}

/* One, or a list of them. */
static void read_net(struct reader *reader, const struct node *node, void *target)
{
	struct policy_local_net *local = target;
	const struct node list = {.kind = NODE_LIST,
				  .file = node->file,
				  .line = node->line,
				  .column = node->column,
				  .children = (struct node *)(uintptr_t)node,
				  .count = 1};

	policy_prefixes_read(reader, node->kind == NODE_TEXT ? &list : node, &local->to,
			     &local->to_count);
	for (size_t i = 0; i < local->to_count; i++)
		check_width(reader, node, &local->to[i]);
}

static void read_interface(struct reader *reader, const struct node *node, void *target)
{
	struct policy_local_net *local = target;

	if (node->kind == NODE_TEXT ||
	    policy_list_check(reader, node, "interface names or globs", "[\"eth1\"]"))
		policy_names_read(reader, node, &local->interfaces, policy_glob_read);
}

static void read_why(struct reader *reader, const struct node *node, void *target)
{
	struct policy_local_net *local = target;

	local->why = policy_line_read(reader, node, "why");
}

static const struct key local_keys[] = {
	{"net", read_net, NULL},
	{"interface", read_interface, NULL},
	{"why", read_why, NULL},
};

static void read_one(struct reader *reader, const struct node *node, struct policy_local_net *local)
{
	size_t errors = reader->diagnostics->errors;

	policy_map_read(reader, node, "a local network", local_keys,
			sizeof(local_keys) / sizeof(*local_keys), local);
	if (reader->diagnostics->errors > errors || reader->out_of_memory)
		return;
	if (!local->to_count)
		policy_fault(reader, node,
			     "local to where?; write the network, as in net: 10.20.0.0/16");
	if (!local->why)
		policy_fault(reader, node,
			     "a network that is not judged, without a reason; write why: office");
}

static void check_count(struct reader *reader, const struct node *node)
{
	const struct policy *policy = reader->policy;
	size_t entries = 0, nets = 0;

	for (size_t i = 0; i < policy->local_count; i++) {
		bool bound = policy->locals[i].interfaces.count != 0;

		entries += bound;
		nets += bound ? policy->locals[i].to_count : 0;
	}
	if (entries > LOCAL_ENTRIES_MOST || nets > LOCAL_NETS_MOST)
		policy_fault(reader, node,
			     "%zu entries with an interface, of %zu networks; name at most %d, of "
			     "%d networks, and join those of the same interfaces",
			     entries, nets, LOCAL_ENTRIES_MOST, LOCAL_NETS_MOST);
}

static void read_list(struct reader *reader, const struct node *node)
{
	struct policy *policy = reader->policy;

	if (!node->count) {
		policy_fault(reader, node,
			     "an empty list; write `local: none`, or [{net: 10.20.0.0/16, "
			     "interface: eth1, why: office}]");
		return;
	}
	policy->local = POLICY_LOCAL_LIST;
	policy->locals = policy_alloc(reader, node->count, sizeof(*policy->locals));
	for (size_t i = 0; policy->locals && i < node->count; i++)
		read_one(reader, &node->children[i], &policy->locals[policy->local_count++]);
	if (policy->locals)
		check_count(reader, node);
}

void policy_local_read(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {[POLICY_LOCAL_NONE] = "none",
					    [POLICY_LOCAL_PRIVATE] = "private",
					    [POLICY_LOCAL_CONNECTED] = "connected"};

	(void)target;
	if (node->kind == NODE_LIST) {
		read_list(reader, node);
		return;
	}
	int choice = policy_choice_read(reader, node, "local", names, 3);
	if (choice >= 0)
		reader->policy->local = (enum policy_local)choice;
}

bool policy_local_any(const struct policy_local_net *local)
{
	return !local->interfaces.count;
}

void policy_local_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->local_count; i++) {
		struct policy_local_net *local = &policy->locals[i];

		names_free(&local->interfaces);
		free(local->to);
		free(local->why);
	}
	free(policy->locals);
}
