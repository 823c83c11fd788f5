// SPDX-License-Identifier: GPL-2.0-or-later
/* A policy file from its bytes to its structure: the top-level keys and their defaults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps/control.h"
#include "userspace/policy/parse.h"

#define NAME_MOST 64

static void read_name(struct reader *reader, const struct node *node, void *target)
{
	char *name = policy_line_read(reader, node, "name");

	(void)target;
	if (name && strlen(name) > NAME_MOST)
		policy_fault(reader, node, "a name of over %d bytes; write a shorter one",
			     NAME_MOST);
	free(reader->policy->name);
	reader->policy->name = name;
}

static void read_mode(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {
		[POLICY_ENFORCE] = "enforce", [POLICY_MONITOR] = "monitor"};

	(void)target;
	reader->policy->mode = policy_choice_read(reader, node, "mode", names, 2) == POLICY_MONITOR;
}

static void read_on_deny(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {"drop", "reject"};

	(void)target;
	reader->policy->reject = policy_choice_read(reader, node, "on-deny", names, 2) == 1;
}

static void read_guard(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	policy->guard_file = node->file;
	policy->guard_line = node->line;
	policy->guard_column = node->column;
	if (node->kind == NODE_TEXT && strcmp(node->text, "auto") == 0)
		return;
	policy->guard_auto = false;
	if (policy_list_check(reader, node, "interface names or globs (or write auto)",
			      "[\"eth*\"]"))
		policy_names_read(reader, node, &policy->guard, policy_glob_read);
}

/* None is the default: an empty list is no fault. */
static void read_inside(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	policy->inside_file = node->file;
	policy->inside_line = node->line;
	policy->inside_column = node->column;
	if (node->kind == NODE_LIST && !node->count)
		return;
	if (policy_list_check(reader, node, "interface names or globs", "[\"tap*\"]"))
		policy_names_read(reader, node, &policy->inside, policy_glob_read);
}

/* A folder's name only: whether it is a cgroup is seen where the policy is applied. */
static void read_sockets(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	if (node->kind == NODE_TEXT && strcmp(node->text, "auto") == 0)
		return;
	if (node->kind == NODE_TEXT && strcmp(node->text, "off") == 0) {
		policy->sockets_off = true;
		return;
	}
	if (node->kind != NODE_TEXT || node->text[0] != '/') {
		policy_fault(
			reader, node,
			"`%s` is no way to hook sockets; write auto, off, or the whole path of "
			"a cgroup, as in `sockets: /sys/fs/cgroup/system.slice`",
			policy_quote(node).text);
		return;
	}
	policy->sockets_cgroup = strdup(node->text);
	reader->out_of_memory = reader->out_of_memory || !policy->sockets_cgroup;
}

static void read_chain(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {
		[POLICY_CHAIN_NEXT] = "next", [POLICY_CHAIN_LAST_WORD] = "last-word"};

	(void)target;
	if (policy_choice_read(reader, node, "chain", names, 2) == POLICY_CHAIN_LAST_WORD)
		reader->policy->chain = POLICY_CHAIN_LAST_WORD;
}

static void read_backstop(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {"auto", "off"};

	(void)target;
	reader->policy->backstop_off = policy_choice_read(reader, node, "backstop", names, 2) == 1;
}

static void read_books(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {"auto", "off"};

	(void)target;
	reader->policy->books_off = policy_choice_read(reader, node, "books", names, 2) == 1;
}

static const struct key interface_keys[] = {
	{"guard", read_guard, NULL},       {"chain", read_chain, NULL},
	{"inside", read_inside, NULL},     {"roles", policy_roles_read, NULL},
	{"backstop", read_backstop, NULL}, {"books", read_books, NULL},
};

static void read_interfaces(struct reader *reader, const struct node *node, void *target)
{
	policy_map_read(reader, node, "`interfaces:`", interface_keys,
			sizeof(interface_keys) / sizeof(*interface_keys), target);
}

static void read_allow(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	reader->rules[RULE_ALLOW] = node;
}

static void read_deny(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	reader->rules[RULE_DENY] = node;
}

static void read_except(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	reader->rules[RULE_EXCEPT] = node;
}

static void read_unlisted(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {
		[POLICY_UNLISTED_DENY] = "deny", [POLICY_UNLISTED_REGISTRY] = "registry"};

	(void)target;
	if (policy_choice_read(reader, node, "unlisted", names, 2) == POLICY_UNLISTED_REGISTRY)
		reader->policy->unlisted = POLICY_UNLISTED_REGISTRY;
}

static void read_anycast(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {"deny", "allow"};

	(void)target;
	reader->policy->anycast = policy_choice_read(reader, node, "anycast", names, 2) == 1;
}

static const char *const controls[] = {"default",
#define CONTROL(identifier, name, is_default, text) name,
				       CONTROLS(CONTROL)
#undef CONTROL
};

static void add_control(struct reader *reader, const struct node *item)
{
	int choice = policy_choice_read(reader, item, "control", controls,
					sizeof(controls) / sizeof(*controls));
	if (choice == 0)
		reader->policy->control |= CONTROL_DEFAULT;
	else if (choice > 0)
		reader->policy->control |= 1u << (choice - 1);
}

static void read_control(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	if (node->kind != NODE_LIST) {
		policy_list_check(reader, node, "kinds of control traffic", "[default]");
		return;
	}
	reader->policy->control = 0;
	for (size_t i = 0; i < node->count; i++)
		add_control(reader, &node->children[i]);
	if (!node->count)
		policy_warn(reader, node,
			    "no control traffic passes, not even ARP: links fall "
			    "silent; write [default] unless that is meant");
}

static const struct key policy_keys[] = {
	{"gabelou", NULL, "1"},
	{"name", read_name, NULL},
	{"mode", read_mode, NULL},
	{"interfaces", read_interfaces, NULL},
	{"data", policy_data_read, NULL},
	{"allow", read_allow, NULL},
	{"deny", read_deny, NULL},
	{"unlisted", read_unlisted, NULL},
	{"anycast", read_anycast, NULL},
	{"local", policy_local_read, NULL},
	{"control", read_control, NULL},
	{"on-deny", read_on_deny, NULL},
	{"except", read_except, NULL},
	{"replies", policy_replies_read, NULL},
	{"lifeline", policy_lifeline_read, NULL},
	{"scopes", policy_scopes_read, NULL},
	{"tunnels", policy_tunnels_read, NULL},
	{"groups", policy_groups_read, NULL},
	{"sockets", read_sockets, NULL},
	{"nat64", policy_nat64_read, NULL},
};

/* Another format may mean anything: then nothing else in the file is worth a message. */
static bool check_format(struct reader *reader, const struct node *root)
{
	for (size_t i = 0; root->kind == NODE_MAP && i < root->count; i += 2) {
		const struct node *name = &root->children[i], *value = name + 1;

		if (name->kind != NODE_TEXT || strcmp(name->text, "gabelou") != 0)
			continue;
		if (value->kind == NODE_TEXT && strcmp(value->text, "1") == 0)
			return true;
		policy_fault(reader, value,
			     "policy format `%s` is not known to this version; write `gabelou: 1`",
			     policy_quote(value).text);
		return false;
	}
	if (root->kind != NODE_MAP) {
		policy_fault(reader, root, "this is not a policy; begin with `gabelou: 1`");
		return false;
	}
	policy_fault(reader, root, "`gabelou: 1` is missing; write it as the first line");
	return true;
}

/* "french-soil" of "/etc/gabelou/french-soil.yaml" */
static char *default_name(struct reader *reader)
{
	const char *slash = strrchr(reader->file, '/');
	const char *base = slash ? slash + 1 : reader->file, *dot = strrchr(base, '.');
	char *name = strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));

	if (!name)
		reader->out_of_memory = true;
	return name;
}

/* Which of the policy's files it is; those of no file come last. */
static size_t file_number(const struct policy *policy, const char *file)
{
	size_t number = 0;

	while (file && number < policy->file_count && strcmp(policy->files[number].file, file) != 0)
		number++;
	return file ? number : policy->file_count;
}

static int compare_places(const void *a, const void *b, void *policy)
{
	const struct diagnostic *left = a, *right = b;
	size_t left_file = file_number(policy, left->file);
	size_t right_file = file_number(policy, right->file);

	if (left_file != right_file)
		return left_file < right_file ? -1 : 1;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return (left->column > right->column) - (left->column < right->column);
}

static void read_root(struct reader *reader, const struct node *root)
{
	policy_map_read(reader, root, "a policy", policy_keys,
			sizeof(policy_keys) / sizeof(*policy_keys), NULL);
	policy_rules_read(reader);
	policy_scopes_check(reader);
	if (!reader->policy->name)
		reader->policy->name = default_name(reader);
	if (reader->diagnostics->errors == reader->errors_before && !reader->out_of_memory)
		policy_void_check(reader);
}

static struct policy *policy_new(const struct policy_sources *sources)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	bool whole = policy != NULL;

	if (policy)
		*policy = (struct policy){
			.files = calloc(sources->count, sizeof(*policy->files)),
			.digest = policy_sources_digest(sources),
			.guard_auto = true,
			.data.agree = DATA_AGREE_MAJORITY,
			.warn_days = 45,
			.stale_days = 120,
			.local = POLICY_LOCAL_PRIVATE,
			.control = CONTROL_DEFAULT,
		};
	whole = whole && policy->files;
	for (size_t i = 0; whole && i < sources->count; i++) {
		const struct policy_source *source = &sources->items[i];

		policy->files[i] = (struct policy_file){
			.file = strdup(source->file),
			.digest = digest_of(source->bytes, source->size),
		};
		policy->file_count++;
		whole = policy->files[i].file;
	}
	if (!whole) {
		policy_free(policy);
		return NULL;
	}
	policy->file = policy->files[0].file;
	return policy;
}

/* Another format in any of the files: false, and nothing is worth a further message. */
static int read_file(struct reader *reader, const struct policy_source *source, size_t number,
		     struct node *all)
{
	struct policy_file *file = &reader->policy->files[number];
	struct node root = {0};
	int error = policy_tree_read(file->file, source->bytes, source->size, &root,
				     reader->diagnostics);

	if (!error && !check_format(reader, &root))
		error = -EINVAL;
	if (!error)
		file->says = policy_merge_says(reader, number ? all : NULL, &root);
	if (!error && number && all->kind == NODE_MAP)
		policy_merge(reader, all, &root);
	if (error || number) {
		policy_tree_free(&root);
		return error;
	}
	*all = root;
	return 0;
}

static int read_files(struct reader *reader, const struct policy_sources *sources)
{
	struct node all = {0};
	int error = 0;

	for (size_t i = 0; i < sources->count; i++) {
		int fault = read_file(reader, &sources->items[i], i, &all);

		error = error ? error : fault;
	}
	if (!error)
		read_root(reader, &all);
	policy_tree_free(&all);
	return error;
}

int policy_parse_sources(const struct policy_sources *sources, const struct groups *groups,
			 struct policy **policy, struct diagnostics *diagnostics)
{
	struct reader reader = {.file = sources->items[0].file,
				.groups = groups,
				.policy = policy_new(sources),
				.diagnostics = diagnostics,
				.errors_before = diagnostics->errors};
	size_t before = diagnostics->count;
	int error = reader.policy ? 0 : -ENOMEM;

	if (!error)
		error = read_files(&reader, sources);
	groups_free(reader.own_groups);
	free(reader.scope_rules);
	if (reader.policy && diagnostics->count > before)
		qsort_r(diagnostics->items + before, diagnostics->count - before,
			sizeof(*diagnostics->items), compare_places, reader.policy);
	if (!error && reader.out_of_memory)
		error = -ENOMEM;
	if (!error && diagnostics->errors > reader.errors_before)
		error = -EINVAL;
	if (error == -ENOMEM && diagnostics->errors == reader.errors_before)
		diagnostics_error(diagnostics, ENOMEM, (struct location){reader.file, 0, 0},
				  "out of memory");
	if (error) {
		policy_free(reader.policy);
		return error;
	}
	*policy = reader.policy;
	return 0;
}

int policy_parse(const char *name_for_messages, const void *bytes, size_t size,
		 const struct groups *groups, struct policy **policy,
		 struct diagnostics *diagnostics)
{
	struct policy_sources sources = {0};
	int error = policy_sources_add(&sources, name_for_messages, bytes, size);

	if (error)
		return diagnostics_error(diagnostics, ENOMEM,
					 (struct location){name_for_messages, 0, 0},
					 "out of memory");
	error = policy_parse_sources(&sources, groups, policy, diagnostics);
	policy_sources_free(&sources);
	return error;
}

int policy_read(const char *path, const struct groups *groups, struct policy **policy,
		struct diagnostics *diagnostics)
{
	struct policy_sources sources = {0};
	int error = policy_sources_read(path, &sources, diagnostics);

	if (error)
		return error;
	error = policy_parse_sources(&sources, groups, policy, diagnostics);
	policy_sources_free(&sources);
	return error;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	names_free(&policy->guard);
	names_free(&policy->inside);
	free(policy->sockets_cgroup);
	policy_roles_free(policy);
	data_config_free(&policy->data);
	for (size_t i = 0; i < policy->rule_count; i++)
		policy_rule_free(&policy->rules[i]);
	free(policy->rules);
	free(policy->lifeline);
	policy_local_free(policy);
	policy_tunnels_free(policy);
	policy_replies_free(policy);
	policy_scopes_free(policy);
	free(policy->name);
	for (size_t i = 0; i < policy->file_count; i++) {
		free(policy->files[i].file);
		free(policy->files[i].says);
	}
	free(policy->files);
	free(policy);
}
