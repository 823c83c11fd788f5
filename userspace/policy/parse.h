/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the policy folder: from bytes to a tree of nodes (tree.c), and from nodes to the policy
 * (all others). Every function reports what it finds wrong and goes on, so that one run shows every
 * fault; policy_parse looks at the number of errors at the end.
 */
#ifndef GABELOU_POLICY_PARSE_H
#define GABELOU_POLICY_PARSE_H

#include <errno.h>

#include "userspace/policy/policy.h"

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

/* One value of the file. Plain scalars are text and nothing else: NO is Norway, not false. */
struct node {
	enum node_kind kind;
	const char *file;      /* borrowed */
	unsigned line, column; /* from 1 */
	char *text;            /* TEXT: UTF-8 without control characters; may hold newlines */
	struct node *children; /* LIST: the items; MAP: key, value, key, value... */
	size_t count;          /* of children: twice the pairs of a MAP */
};

/* Refuses what is not UTF-8 text, not YAML, or YAML that a policy has no use for: anchors,
 * aliases, tags, several documents, nesting over 16 levels. 0 or -errno with a message.
 * @root is to be freed in either case. */
int policy_tree_read(const char *file, const char *bytes, size_t size, struct node *root,
		     struct diagnostics *diagnostics);
void policy_tree_free(struct node *node);

struct reader {
	const char *file;            /* the policy's; relative data paths start from its folder */
	const struct groups *groups; /* may be NULL: there are none */
	struct groups *own_groups;   /* these and the policy's own, once it has some: then groups */
	struct policy *policy;
	struct diagnostics *diagnostics;
	size_t errors_before;                 /* in diagnostics, when this policy was begun */
	const struct node *rules[RULE_KINDS]; /* NULL: the key is absent */
	const struct node *anycast_deny;      /* the first rule that says so */
	const struct node *(*scope_rules)[RULE_KINDS]; /* the same of each scope */
	bool out_of_memory;
};

static inline struct location policy_at(const struct reader *reader, const struct node *node)
{
	return (struct location){node->file ? node->file : reader->file, node->line, node->column};
}

#define policy_fault(reader, node, ...) \
	diagnostics_error((reader)->diagnostics, EINVAL, policy_at(reader, node), __VA_ARGS__)
#define policy_warn(reader, node, ...) \
	diagnostics_warn((reader)->diagnostics, policy_at(reader, node), __VA_ARGS__)

/* merge.c: adds a drop-in's map to what was said before it, and empties it. */
void policy_merge(struct reader *reader, struct node *to, struct node *from);
/* "mode, allow #1 to #3": what a file says, before it is merged into @before (NULL: the first). The
 * caller frees. */
char *policy_merge_says(struct reader *reader, const struct node *before, const struct node *root);

/* The text of a node as messages quote it: on one line, cut at a whole character. */
struct quote {
	char text[72];
};
struct quote policy_quote(const struct node *node);

/* The name that @text most likely was meant to be; NULL if none is near. */
const char *policy_nearest(const char *text, const char *const *names, size_t count);

/* A key of a map. Without read it belongs to a later version and is refused by name, unless its
 * value is the one that describes what this version does anyway. */
struct key {
	const char *name;
	void (*read)(struct reader *reader, const struct node *value, void *target);
	const char *today; /* "[]" is the empty list; NULL: none */
};

/* Reads a map by its keys, each at most once. @what names the map in messages: "a rule". */
void policy_map_read(struct reader *reader, const struct node *node, const char *what,
		     const struct key *keys, size_t count, void *target);

/* The number of the name that the node's text is, or -1 with a message. */
int policy_choice_read(struct reader *reader, const struct node *node, const char *key,
		       const char *const *names, size_t count);

/* True if the node is a list with at least one item; else a message that shows @example. */
bool policy_list_check(struct reader *reader, const struct node *node, const char *what,
		       const char *example);

/* One line of text, trailing newlines (of a folded scalar) cut off. NULL with a message, or out of
 * memory. The caller frees. */
char *policy_line_read(struct reader *reader, const struct node *node, const char *key);

/* calloc that marks the reader on failure. */
void *policy_alloc(struct reader *reader, size_t count, size_t size);

/* codes.c: a list of countries and groups. False, with a message, if it is none. */
bool policy_codes_read(struct reader *reader, const struct node *node, struct country_set *set);
/* The list of a soil: or owner: key. *text is what was written, "FR, EU". */
void policy_soil_read(struct reader *reader, const struct node *node, struct country_set *set,
		      char **text);
void policy_owner_read(struct reader *reader, const struct node *node, struct country_set *set,
		       char **text);

/* data.c: the data: map into reader->policy. */
void policy_data_read(struct reader *reader, const struct node *node, void *target);

/* data_files.c: its lists of files. */
void policy_soil_files_read(struct reader *reader, const struct node *node, void *target);
void policy_feeds_read(struct reader *reader, const struct node *node, void *target);
void policy_registry_files_read(struct reader *reader, const struct node *node, void *target);
void policy_asn_files_read(struct reader *reader, const struct node *node, void *target);
void policy_owner_files_read(struct reader *reader, const struct node *node, void *target);

/* rules.c: reader->rules into reader->policy, deny rules first. */
void policy_rules_read(struct reader *reader);
void policy_rule_free(struct rule *rule);

/* targets.c: 2376 or AS2376. 0 with a message (AS 0 is nobody's: RFC 7607). */
uint32_t policy_asn_number(struct reader *reader, const struct node *item);
/* The asn: and to: lists, sorted, each item once. */
void policy_asn_read(struct reader *reader, const struct node *node, void *target);
void policy_to_read(struct reader *reader, const struct node *node, void *target);
/* The policy's own list of them. */
void policy_lifeline_read(struct reader *reader, const struct node *node, void *target);

/* services.c: one item of it. False with a message if it is none. */
bool policy_service_read(struct reader *reader, const struct node *item, struct service *service);

/* replies.c: "replies:". */
void policy_replies_read(struct reader *reader, const struct node *node, void *target);
void policy_replies_free(struct policy *policy);
/* local.c: a word, or a list of networks. */
void policy_local_read(struct reader *reader, const struct node *node, void *target);
void policy_local_free(struct policy *policy);

/* services.c: the port: list. */
void policy_port_read(struct reader *reader, const struct node *node, void *target);

/* except.c: one item of "except:". */
void policy_except_read(struct reader *reader, const struct node *node, struct rule *rule);

/* roles.c: a name or glob of interfaces, the caller's to free; NULL with a message if it is none.
 * And the roles: map. */
char *policy_glob_read(struct reader *reader, const struct node *item);
void policy_roles_read(struct reader *reader, const struct node *node, void *target);
void policy_roles_free(struct policy *policy);

/* A list of addresses and prefixes, sorted, each once; *prefixes is the caller's to free. */
void policy_prefixes_read(struct reader *reader, const struct node *node, struct prefix **prefixes,
			  size_t *count);

/* tunnels.c: the lists "tunnels:" and "nat64:". */
void policy_tunnels_read(struct reader *reader, const struct node *node, void *target);
void policy_nat64_read(struct reader *reader, const struct node *node, void *target);
void policy_tunnels_free(struct policy *policy);

/* scopes.c: the list "scopes:", but for the rules in it; whose senders overlap. */
void policy_scopes_read(struct reader *reader, const struct node *node, void *target);
void policy_scopes_check(struct reader *reader);
void policy_scopes_free(struct policy *policy);

/* void.c: rules that can never decide. */
void policy_void_check(struct reader *reader);

/* own_groups.c: the groups: map, for the rules of this policy. */
void policy_groups_read(struct reader *reader, const struct node *node, void *target);

/* names.c: one name, or each item of a list, as @read takes it (NULL, with a message: it is none).
 */
void policy_names_read(struct reader *reader, const struct node *node, struct names *names,
		       char *(*read)(struct reader *reader, const struct node *item));

/* groups.c: capitals, digits and dashes, beginning with a capital; at most GROUP_NAME_MOST. */
#define GROUP_NAME_MOST 23
bool groups_name_check(const char *name, size_t length);
/* A copy to add to; of NULL an empty one. NULL: out of memory. */
struct groups *groups_copy(const struct groups *groups);
/* The name is checked and new. 0 or -ENOMEM. */
int groups_add(struct groups *groups, const char *name, const struct country_set *members);
/* The names, for messages. */
size_t groups_count(const struct groups *groups);
const char *groups_name(const struct groups *groups, size_t number);

#endif
