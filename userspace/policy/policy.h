/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: what the user writes, as a structure. Pure: no kernel, no atlas.
 */
#ifndef GABELOU_POLICY_POLICY_H
#define GABELOU_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/base/address.h"
#include "userspace/base/country.h"
#include "userspace/base/data_file.h"
#include "userspace/base/diagnostic.h"
#include "userspace/base/digest.h"
#include "userspace/policy/sources.h"

enum policy_mode { POLICY_ENFORCE, POLICY_MONITOR };
enum policy_chain { POLICY_CHAIN_NEXT, POLICY_CHAIN_LAST_WORD };
enum policy_unlisted { POLICY_UNLISTED_DENY, POLICY_UNLISTED_REGISTRY };
enum policy_local {
	POLICY_LOCAL_NONE,
	POLICY_LOCAL_PRIVATE,
	POLICY_LOCAL_CONNECTED,
	POLICY_LOCAL_LIST, /* policy->locals, and nothing else */
};

enum rule_kind { RULE_DENY, RULE_ALLOW, RULE_EXCEPT };
#define RULE_KINDS 3

/* A protocol and some of its ports; of ICMP, its types. */
struct service {
	uint8_t protocol;   /* IP protocol number */
	uint16_t low, high; /* destination ports, inclusive */
};
/* What an interface is for: judged and counted; judged, and counted below; neither, since what is
 * sent there ends in a guest. */
enum interface_role { ROLE_UPLINK, ROLE_UPPER, ROLE_GUEST };

struct role_glob {
	char *glob; /* of names of interfaces */
	enum interface_role role;
};

/* All conditions of a rule must hold; an absent condition (has_ false, count 0) always holds. */
struct rule {
	enum rule_kind kind;
	unsigned index; /* in its own list, from 1: "allow #1" */
	bool has_soil, has_owner;
	struct country_set soil, owner; /* groups resolved */
	char *soil_text, *owner_text;   /* as written: "FR, EU"; NULL if absent */
	uint32_t *asns;
	size_t asn_count;
	struct prefix *to;
	size_t to_count;
	bool anycast;             /* may match anycast space by its soil */
	struct service *services; /* of an exception; none: whatever is sent there */
	size_t service_count;
	int64_t until;    /* of an exception: seconds since 1970, UTC, when it ends */
	char *why;        /* NULL if absent */
	char *by, *added; /* of an exception: who and when, as written; NULL if absent */
	const char *file; /* borrowed from the policy; NULL: made by hand */
	unsigned line, column;
	const char *scope; /* its scope's name, borrowed; NULL: the policy's own list */
};

/* A list of file names or patterns, as written. */
struct names {
	char **items;
	size_t count;
};
/* Does a glob among them match? */
bool names_match(const struct names *globs, const char *name);
void names_free(struct names *names);

/* Endpoints of tunnels: to them, what is inside is judged. */
struct policy_tunnel {
	struct prefix *to;
	size_t to_count;
	uint32_t kinds; /* mask of enum tunnel (maps/tunnel.h) */
	uint16_t port;  /* of VXLAN or GENEVE; 0: their own */
	char *why;      /* NULL if absent */
};

/* A port of ours: answers to what comes in there leave. */
struct policy_reply {
	struct service on; /* of ICMP, the type of the request */
	char *why;         /* NULL if absent */
};

/* Scopes are numbered: 0 is the policy's own rules, for whoever no scope claims; then those of
 * "scopes:" in their order; then the strictest, for senders that may be in several. */
#define SCOPE_DEFAULT     0
#define SCOPES_MOST       200
#define SCOPE_NAME_MOST   31
#define SCOPE_NAME_STRICT "strictest"

/* Senders with rules of their own: whoever one of these names is claimed. */
struct policy_scope {
	char *name;
	struct names interfaces; /* globs: by what it came in */
	struct prefix *prefixes; /* of its source address, as it was before a NAT */
	size_t prefix_count;
	struct names units;            /* of systemd */
	struct names cgroups;          /* whole paths */
	size_t rule_first, rule_count; /* in the policy's rules */
	const char *file;              /* borrowed from the policy */
	unsigned line, column;         /* of "from:" */
};

/* One of its files, and what it says: "mode, allow #1 to #3". */
struct policy_file {
	char *file;
	struct digest digest;
	char *says;
};

/* Networks that pass without being judged. */
struct policy_local_net {
	struct prefix *to;
	size_t to_count;
	struct names interfaces; /* globs: only through these; none: any */
	char *why;
};
bool policy_local_any(const struct policy_local_net *local);

struct policy {
	const char *file;          /* of files[0] */
	struct digest digest;      /* see policy_sources_digest() */
	struct policy_file *files; /* then its drop-ins */
	size_t file_count;
	char *name;
	enum policy_mode mode;
	bool reject; /* on-deny: the sender is told */
	bool guard_auto;
	struct names guard;     /* globs, when not auto */
	const char *guard_file; /* borrowed; NULL: not said */
	unsigned guard_line, guard_column;
	struct names inside; /* globs of gateway ports */
	const char *inside_file;
	unsigned inside_line, inside_column;
	bool books_off;          /* what leaves past the guard is not looked for */
	bool backstop_off;       /* interfaces to come are not closed until they are guarded */
	struct role_glob *roles; /* the first that matches; without one the role is found */
	size_t role_count;
	enum policy_chain chain;
	bool sockets_off;     /* no hooks on sockets */
	char *sockets_cgroup; /* path of the cgroup whose sockets are hooked; NULL: auto */

	struct data_config data;
	unsigned warn_days, stale_days; /* max-age; default 45 and 120 */

	struct rule *rules; /* in order of judgement: every except, every deny, every allow; of the
			     * policy itself, then of each scope */
	size_t rule_count;  /* under 65,535 */
	struct policy_scope *scopes;
	size_t scope_count;

	struct prefix *lifeline; /* passes under every policy: /24 or longer, IPv6 /64 */
	size_t lifeline_count;

	enum policy_unlisted unlisted;
	bool anycast; /* top-level "anycast: allow": every rule may match anycast */
	enum policy_local local;
	struct policy_local_net *locals; /* of a list */
	size_t local_count;
	uint32_t control; /* mask of enum control */
	struct policy_tunnel *tunnels;
	size_t tunnel_count;
	struct policy_reply *replies; /* none: judged like everything else */
	size_t reply_count;
	bool replies_said;    /* the policy says what becomes of them */
	struct prefix *nat64; /* IPv6 prefixes of translators, sorted, none within another */
	size_t nat64_count;
};

/* Groups of countries, from data/groups.csv: "EU" -> its members. */
struct groups;
/* CSV: group,member,since,source; '#' comments. 0 or -errno with messages. */
int groups_read(const char *path, struct groups **groups, struct diagnostics *diagnostics);
/* NULL: no such group. */
const struct country_set *groups_find(const struct groups *groups, const char *name, size_t length);
void groups_free(struct groups *groups);

/* Reads and checks a policy file and its drop-ins. Every fault that can be found is reported, not
 * only the first. 0, or -errno with messages; *policy is untouched on failure. Relative data paths
 * are relative to the policy's own folder and come back resolved. */
int policy_read(const char *path, const struct groups *groups, struct policy **policy,
		struct diagnostics *diagnostics);
/* The same from bytes already read, as of a stored policy. */
int policy_parse_sources(const struct policy_sources *sources, const struct groups *groups,
			 struct policy **policy, struct diagnostics *diagnostics);
/* Of one file alone. */
int policy_parse(const char *name_for_messages, const void *bytes, size_t size,
		 const struct groups *groups, struct policy **policy,
		 struct diagnostics *diagnostics);
void policy_free(struct policy *policy);

/* One port or ICMP type, as packets have it: "443/tcp", "8/icmp". False, with *service untouched,
 * for anything else. */
bool service_parse(const char *text, struct service *service);
/* "443/tcp", "1000-2000/udp", "8/icmp", "icmp" into a buffer of 24 bytes. Returns it. */
const char *service_format(const struct service *service, char *text);

/* Where it stands. */
static inline struct location rule_place(const struct policy *policy, const struct rule *rule)
{
	return (struct location){rule->file ? rule->file : policy->file, rule->line, rule->column};
}

/* "allow #1", or "tenant-a allow #1" in a scope. Returns @text. */
#define RULE_NAME_SIZE (SCOPE_NAME_MOST + 24)
const char *rule_name(const struct rule *rule, char *text);

/* How many sets of rules there are: 1 without scopes; else the policy's own, the scopes', and the
 * strictest. */
unsigned policy_scopes(const struct policy *policy);
/* "default", "tenant-a", "strictest". */
const char *policy_scope_name(const struct policy *policy, unsigned scope);
/* The policy as it is for one scope (not the strictest): nothing is copied but the structure, and
 * rule number i of it is number *first + i of the whole. Not to be freed. */
struct policy policy_of_scope(const struct policy *policy, unsigned scope, size_t *first);

#endif
