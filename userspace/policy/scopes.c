// SPDX-License-Identifier: GPL-2.0-or-later
/* "scopes:", senders with rules of their own, and whether two of them claim the same ones. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

/* Where the keys of one scope are read to. */
struct reading {
	struct policy_scope *scope;
	const struct node **rules; /* by kind */
	const struct node *from;
};

static const char *const reserved[] = {"default", SCOPE_NAME_STRICT};

unsigned policy_scopes(const struct policy *policy)
{
	return policy->scope_count ? (unsigned)policy->scope_count + 2 : 1;
}

const char *policy_scope_name(const struct policy *policy, unsigned scope)
{
	if (scope == SCOPE_DEFAULT)
		return reserved[0];
	return scope <= policy->scope_count ? policy->scopes[scope - 1].name : SCOPE_NAME_STRICT;
}

struct policy policy_of_scope(const struct policy *policy, unsigned scope, size_t *first)
{
	struct policy view = *policy;

	*first = scope ? policy->scopes[scope - 1].rule_first : 0;
	if (scope)
		view.rule_count = policy->scopes[scope - 1].rule_count;
	else if (policy->scope_count)
		view.rule_count = policy->scopes[0].rule_first;
	view.rules += *first;
	return view;
}

static bool is_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.");

	return length && length <= SCOPE_NAME_MOST && !text[length];
}

static bool is_taken(const struct reader *reader, const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	for (size_t i = 0; i < reader->policy->scope_count; i++)
		if (reader->policy->scopes[i].name &&
		    strcmp(name, reader->policy->scopes[i].name) == 0)
			return true;
	return false;
}

static void read_name(struct reader *reader, const struct node *node, void *target)
{
	struct reading *reading = target;

	if (node->kind != NODE_TEXT || !is_name(node->text))
		policy_fault(reader, node,
			     "`%s` is no name of a scope; write up to %d letters, digits, dots and "
			     "dashes, as in `name: tenant-a`",
			     policy_quote(node).text, SCOPE_NAME_MOST);
	else if (is_taken(reader, node->text))
		policy_fault(reader, node,
			     "a scope named `%s` is there already (default and " SCOPE_NAME_STRICT
			     " always are); write another name",
			     node->text);
	else if (!(reading->scope->name = strdup(node->text)))
		reader->out_of_memory = true;
}

/* One of them need not be in a list. */
static void read_names(struct reader *reader, const struct node *node, struct names *names,
		       char *(*read)(struct reader *reader, const struct node *item))
{
	if (node->kind != NODE_LIST || policy_list_check(reader, node, "senders", "[\"tapA*\"]"))
		policy_names_read(reader, node, names, read);
}

static char *copy(struct reader *reader, const struct node *node)
{
	char *text = strdup(node->text);

	reader->out_of_memory = reader->out_of_memory || !text;
	return text;
}

static char *read_unit(struct reader *reader, const struct node *item)
{
	static const char *const kinds[] = {".service", ".slice", ".scope"};
	const char *dot = item->kind == NODE_TEXT ? strrchr(item->text, '.') : NULL;

	for (size_t i = 0; dot && dot != item->text && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(dot, kinds[i]) == 0 && !strpbrk(item->text, "/ \t\n"))
			return copy(reader, item);
	policy_fault(reader, item,
		     "`%s` is no unit with processes; write the name of a service, slice or scope, "
		     "as in `unit: relay.service`",
		     policy_quote(item).text);
	return NULL;
}

static char *read_path(struct reader *reader, const struct node *item)
{
	if (item->kind == NODE_TEXT && item->text[0] == '/' && item->text[1] &&
	    !strstr(item->text, "/../") && !strstr(item->text, "//"))
		return copy(reader, item);
	policy_fault(reader, item,
		     "`%s` is no cgroup; write its whole path, as in `cgroup: "
		     "/sys/fs/cgroup/tenants.slice`",
		     policy_quote(item).text);
	return NULL;
}

static void read_interface(struct reader *reader, const struct node *node, void *target)
{
	read_names(reader, node, &((struct reading *)target)->scope->interfaces, policy_glob_read);
}

static void read_units(struct reader *reader, const struct node *node, void *target)
{
	read_names(reader, node, &((struct reading *)target)->scope->units, read_unit);
}

static void read_cgroups(struct reader *reader, const struct node *node, void *target)
{
	read_names(reader, node, &((struct reading *)target)->scope->cgroups, read_path);
}

static void read_sources(struct reader *reader, const struct node *node, void *target)
{
	struct policy_scope *scope = ((struct reading *)target)->scope;

	policy_prefixes_read(reader, node, &scope->prefixes, &scope->prefix_count);
}

static const struct key from_keys[] = {
	{"interface", read_interface, NULL},
	{"prefix", read_sources, NULL},
	{"unit", read_units, NULL},
	{"cgroup", read_cgroups, NULL},
};

static void read_from(struct reader *reader, const struct node *node, void *target)
{
	struct reading *reading = target;

	reading->from = node;
	reading->scope->file = node->file;
	reading->scope->line = node->line;
	reading->scope->column = node->column;
	policy_map_read(reader, node, "`from:`", from_keys,
			sizeof(from_keys) / sizeof(from_keys[0]), target);
	if (node->kind == NODE_MAP && !node->count)
		policy_fault(reader, node,
			     "a scope of nobody; write interface, prefix, unit or cgroup, as in "
			     "`from: {prefix: [10.1.0.0/16]}`");
}

static void read_allow(struct reader *reader, const struct node *node, void *target)
{
	(void)reader;
	((struct reading *)target)->rules[RULE_ALLOW] = node;
}

static void read_deny(struct reader *reader, const struct node *node, void *target)
{
	(void)reader;
	((struct reading *)target)->rules[RULE_DENY] = node;
}

static void read_except(struct reader *reader, const struct node *node, void *target)
{
	(void)reader;
	((struct reading *)target)->rules[RULE_EXCEPT] = node;
}

static const struct key scope_keys[] = {
	{"name", read_name, NULL}, {"from", read_from, NULL},     {"allow", read_allow, NULL},
	{"deny", read_deny, NULL}, {"except", read_except, NULL},
};

static void read_scope(struct reader *reader, const struct node *node, struct reading *reading)
{
	size_t errors = reader->diagnostics->errors;

	policy_map_read(reader, node, "a scope", scope_keys,
			sizeof(scope_keys) / sizeof(scope_keys[0]), reading);
	if (reader->diagnostics->errors > errors || reader->out_of_memory)
		return;
	if (!reading->scope->name)
		policy_fault(reader, node, "a scope without a name; write `name: tenant-a`");
	if (!reading->from)
		policy_fault(reader, node,
			     "a scope that says nobody; write `from: {prefix: [10.1.0.0/16]}`");
	if (!reading->rules[RULE_ALLOW])
		policy_fault(reader, node,
			     "a scope has rules of its own, in the place of the policy's, and this "
			     "one allows nothing; write `allow:`, or `allow: []` if that is meant");
}

void policy_scopes_read(struct reader *reader, const struct node *node, void *target)
{
	struct policy *policy = reader->policy;

	(void)target;
	if (node->kind == NODE_LIST && !node->count)
		return;
	if (!policy_list_check(reader, node, "scopes",
			       "[{name: tenant-a, from: {prefix: [10.1.0.0/16]}, allow: []}]"))
		return;
	if (node->count > SCOPES_MOST) {
		policy_fault(reader, node, "%zu scopes; write at most %d", node->count,
			     SCOPES_MOST);
		return;
	}
	policy->scopes = policy_alloc(reader, node->count, sizeof(*policy->scopes));
	reader->scope_rules = policy_alloc(reader, node->count, sizeof(*reader->scope_rules));
	for (size_t i = 0; policy->scopes && reader->scope_rules && i < node->count; i++) {
		struct reading reading = {.scope = &policy->scopes[i],
					  .rules = reader->scope_rules[i]};

		read_scope(reader, &node->children[i], &reading);
		policy->scope_count++;
	}
}

/* What one character of a glob is matched by: itself, "?" or "[...]"; its length. */
static size_t element(const char *glob, char *text, size_t size)
{
	const char *end = glob[0] == '[' && glob[1] ? strchr(glob + 2, ']') : NULL;
	size_t length = end ? (size_t)(end - glob) + 1 : glob[0] == '\\' && glob[1] ? 2 : 1;

	snprintf(text, size, "%.*s", (int)length, glob);
	return length;
}

static bool elements_meet(const char *a, const char *b)
{
	for (int c = '!'; c <= '~'; c++) {
		const char text[] = {(char)c, '\0'};

		if (fnmatch(a, text, 0) == 0 && fnmatch(b, text, 0) == 0)
			return true;
	}
	return false;
}

#define GLOB_MOST 64 /* longer ones are taken to meet */

/* Whether the rests of two globs meet, by where they begin: -1 while it is not known. */
struct meeting {
	signed char known[GLOB_MOST][GLOB_MOST];
	const char *a, *b;
};

static bool rests_meet(struct meeting *meeting, const char *a, const char *b);

static bool find_rests(struct meeting *meeting, const char *a, const char *b)
{
	char first[GLOB_MOST], second[GLOB_MOST];
	size_t skip_a = element(a, first, sizeof(first));
	size_t skip_b = element(b, second, sizeof(second));

	if (*a == '*' && rests_meet(meeting, a + 1, b))
		return true;
	if (*b == '*' && rests_meet(meeting, a, b + 1))
		return true;
	if (*a == '*' || *b == '*') /* what the other wants next is within the star */
		return (*a && *a != '*' && rests_meet(meeting, a + skip_a, b)) ||
		       (*b && *b != '*' && rests_meet(meeting, a, b + skip_b));
	if (!*a || !*b)
		return *a == *b;
	return elements_meet(first, second) && rests_meet(meeting, a + skip_a, b + skip_b);
}

static bool rests_meet(struct meeting *meeting, const char *a, const char *b)
{
	signed char *known = &meeting->known[a - meeting->a][b - meeting->b];

	if (*known < 0)
		*known = find_rests(meeting, a, b);
	return *known;
}

/* Is there a name that both match? */
static bool interfaces_meet(const char *a, const char *b)
{
	struct meeting meeting = {.a = a, .b = b};

	if (strlen(a) >= GLOB_MOST || strlen(b) >= GLOB_MOST)
		return true;
	memset(meeting.known, -1, sizeof(meeting.known));
	return rests_meet(&meeting, a, b);
}

static bool paths_meet(const char *a, const char *b)
{
	size_t shorter = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strncmp(a, b, shorter) == 0 && (a[shorter] == '\0' || a[shorter] == '/') &&
	       (b[shorter] == '\0' || b[shorter] == '/');
}

/* "a-b.slice" lies within "a.slice". */
static bool units_meet(const char *a, const char *b)
{
	const char *a_dot = strrchr(a, '.'), *b_dot = strrchr(b, '.');
	size_t a_length = (size_t)(a_dot - a), b_length = (size_t)(b_dot - b);
	size_t shorter = a_length < b_length ? a_length : b_length;

	if (strcmp(a, b) == 0)
		return true;
	if (strcmp(a_dot, ".slice") != 0 || strcmp(b_dot, ".slice") != 0)
		return false;
	return a_length != b_length && strncmp(a, b, shorter) == 0 &&
	       (a_length > b_length ? a : b)[shorter] == '-';
}

/* What both lists claim, of the second; NULL: nothing. */
static const char *names_meet(const struct names *a, const struct names *b,
			      bool (*meet)(const char *a, const char *b))
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (meet(a->items[i], b->items[j]))
				return b->items[j];
	return NULL;
}

static bool prefixes_meet(const struct prefix *a, const struct prefix *b)
{
	const struct prefix *wide = a->length < b->length ? a : b;

	return a->family == b->family &&
	       prefix_contains(wide, (struct address){wide->family, (wide == a ? b : a)->value});
}

static const char *sources_meet(const struct policy_scope *a, const struct policy_scope *b,
				char text[PREFIX_TEXT_SIZE])
{
	for (size_t i = 0; i < a->prefix_count; i++)
		for (size_t j = 0; j < b->prefix_count; j++)
			if (prefixes_meet(&a->prefixes[i], &b->prefixes[j]))
				return prefix_format(&b->prefixes[j], text);
	return NULL;
}

static void check_pair(struct reader *reader, const struct policy_scope *earlier,
		       const struct policy_scope *later)
{
	char text[PREFIX_TEXT_SIZE];
	const char *both = names_meet(&earlier->interfaces, &later->interfaces, interfaces_meet);

	if (!both)
		both = sources_meet(earlier, later, text);
	if (!both)
		both = names_meet(&earlier->units, &later->units, units_meet);
	if (!both)
		both = names_meet(&earlier->cgroups, &later->cgroups, paths_meet);
	if (both && earlier->name && later->name)
		diagnostics_error(reader->diagnostics, EINVAL,
				  (struct location){later->file, later->line, later->column},
				  "the scopes %s (line %u) and %s both claim senders of `%s`; "
				  "leave them to one of the two",
				  earlier->name, earlier->line, later->name, both);
}

void policy_scopes_check(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->scope_count; i++)
		for (size_t j = 0; j < i; j++)
			check_pair(reader, &policy->scopes[j], &policy->scopes[i]);
}

void policy_scopes_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->scope_count; i++) {
		struct policy_scope *scope = &policy->scopes[i];

		names_free(&scope->interfaces);
		names_free(&scope->units);
		names_free(&scope->cgroups);
		free(scope->prefixes);
		free(scope->name);
	}
	free(policy->scopes);
}
