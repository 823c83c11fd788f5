// SPDX-License-Identifier: GPL-2.0-or-later
/* "data:": the files of the atlas, how they vote, how old they may be. */
#include <string.h>

#include "userspace/policy/parse.h"

#define DAYS_MOST 3650

static void read_agree(struct reader *reader, const struct node *node, void *target)
{
	const char *const names[] = {data_agree_name(DATA_AGREE_FIRST),
				     data_agree_name(DATA_AGREE_MAJORITY),
				     data_agree_name(DATA_AGREE_ALL)};
	int choice = policy_choice_read(reader, node, "agree", names, 3);

	(void)target;
	if (choice >= 0)
		reader->policy->data.agree = (enum data_agree)choice;
}

/* 45d. */
static void read_days(struct reader *reader, const struct node *node, void *target)
{
	const char *text = node->kind == NODE_TEXT ? node->text : "";
	unsigned *days = target, number = 0;
	size_t i = 0;

	for (; text[i] >= '0' && text[i] <= '9' && number <= DAYS_MOST; i++)
		number = number * 10 + (unsigned)(text[i] - '0');
	if (i && text[i] == '\0' && number && number <= DAYS_MOST)
		policy_fault(reader, node, "`%s` has no unit; write %ud", text, number);
	else if (!i || strcmp(text + i, "d") != 0 || !number || number > DAYS_MOST)
		policy_fault(reader, node, "`%s` is not a number of days; write 1d to %dd",
			     policy_quote(node).text, DAYS_MOST);
	else
		*days = number;
}

static void read_warn(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_days(reader, node, &reader->policy->warn_days);
}

static void read_stale(struct reader *reader, const struct node *node, void *target)
{
	(void)target;
	read_days(reader, node, &reader->policy->stale_days);
}

static const struct key age_keys[] = {
	{"warn", read_warn, NULL},
	{"stale", read_stale, NULL},
};

static void read_max_age(struct reader *reader, const struct node *node, void *target)
{
	const struct policy *policy = reader->policy;

	policy_map_read(reader, node, "`max-age:`", age_keys, sizeof(age_keys) / sizeof(*age_keys),
			target);
	if (policy->warn_days > policy->stale_days)
		policy_fault(reader, node,
			     "data would be stale (%ud) before a warning (%ud); write warn below "
			     "stale, as in {warn: 45d, stale: 120d}",
			     policy->stale_days, policy->warn_days);
}

static void read_min_sources(struct reader *reader, const struct node *node, void *target)
{
	const char *text = node->kind == NODE_TEXT ? node->text : "";

	(void)target;
	if (text[0] < '1' || text[0] > '8' || text[1])
		policy_fault(reader, node,
			     "`%s` is not a number of soil sources; write 1 to 8, as in 2",
			     policy_quote(node).text);
	else
		reader->policy->data.min_sources = (unsigned)(text[0] - '0');
}

static const struct key data_keys[] = {
	{"soil", policy_soil_files_read, NULL},         {"feeds", policy_feeds_read, NULL},
	{"registry", policy_registry_files_read, NULL}, {"asn", policy_asn_files_read, NULL},
	{"owner", policy_owner_files_read, NULL},       {"agree", read_agree, NULL},
	{"min-sources", read_min_sources, NULL},        {"max-age", read_max_age, NULL},
};

/* A number of sources that cannot be reached would leave all soil unknown. */
static void check_min_sources(struct reader *reader, const struct node *node)
{
	const struct data_config *data = &reader->policy->data;
	size_t sources = data->files[DATA_SOIL].count ? data->files[DATA_SOIL].count : 1;

	if (data->min_sources > sources)
		policy_fault(reader, node,
			     "min-sources: %u, but there %s %zu soil source%s; name more under "
			     "`soil:`, or write a lower number",
			     data->min_sources, sources == 1 ? "is" : "are", sources,
			     sources == 1 ? "" : "s");
}

void policy_data_read(struct reader *reader, const struct node *node, void *target)
{
	policy_map_read(reader, node, "`data:`", data_keys, sizeof(data_keys) / sizeof(*data_keys),
			target);
	check_min_sources(reader, node);
}
