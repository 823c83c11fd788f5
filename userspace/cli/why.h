/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Is it gabelou?" All that is known of it, gathered once and printed in two ways. */
#ifndef GABELOU_CLI_WHY_H
#define GABELOU_CLI_WHY_H

#include <jansson.h>
#include <stdio.h>

#include "userspace/agent/manifest.h"
#include "userspace/flow/survey.h"

#define WHY_ADDRESSES_MOST 64

/* What is asked about: a process, or addresses. */
struct why_target {
	const char *text;
	uint32_t process; /* 0: none */
	struct address addresses[WHY_ADDRESSES_MOST];
	char address_texts[WHY_ADDRESSES_MOST][ADDRESS_TEXT_SIZE];
	size_t count;
	bool name; /* the addresses are those of a name */
};

/* What the enforced table says of one of the addresses. */
struct why_now {
	struct address address;
	struct decision decision;
	const char *rule; /* "deny #1"; NULL: no rule decided; borrowed from the manifest */
};

struct why {
	struct why_target target;
	const char *since;  /* as it was asked: "10m" */
	struct survey log;  /* what touched the target */
	struct survey live; /* the same of the kernel's flows */
	bool log_read;
	bool kernel_read;          /* it could be asked, whether or not anything is enforced */
	struct manifest *manifest; /* of what is enforced; NULL: nothing, or not known */
	struct why_now now[WHY_ADDRESSES_MOST];
	size_t now_count;
};

/* PID, address or name. 0, or -errno with a message. */
int why_target_parse(const char *text, struct why_target *target, struct diagnostics *diagnostics);
/* Does the line touch the target? Of struct survey. */
bool why_target_matches(const struct flow_line *line, const void *target);

/* What the kernel knows: flows, and the verdict now. What goes wrong is a warning. */
void why_ask_kernel(struct why *why, int64_t since, struct diagnostics *diagnostics);
void why_free(struct why *why);

/* Was anything of it denied? */
bool why_answer(const struct why *why);
/* The answer, the rule and the remedy: one sentence or some. */
#define WHY_LINE_SIZE 1200
void why_line(const struct why *why, char line[WHY_LINE_SIZE]);
/* Most recent first, of both: up to @most; how many there are. */
size_t why_evidence(const struct why *why, const struct survey_item **items, size_t most);

void why_print(FILE *out, const struct why *why);
/* The keys of the manual; a new reference. */
json_t *why_json(const struct why *why);

#endif
