// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "userspace/cli/cli.h"

static const struct {
	const char *name;
	int (*function)(int argc, char **argv);
	const char *description;
} verbs[] = {
	{"check", check_main, "read a policy and its data; say what is wrong, enforce nothing"},
	{"explain", explain_main, "an address: soil, ASN, owner, each rule, and the verdict"},
	{"plan", plan_main, "what a policy would change: address space, owners, recorded flows"},
	{"apply", apply_main, "compile a policy, prove it, and enforce it from now on"},
	{"update", update_main, "fetch the data anew, and apply it if it changes little"},
	{"confirm", confirm_main, "keep what apply --confirm put in force on trial"},
	{"rollback", rollback_main, "enforce again what was enforced before"},
	{"pause", pause_main, "let pass what is denied, for a time, on the record"},
	{"except", except_main, "add, list and remove exceptions, as drop-ins of the policy"},
	{"status", status_main, "what is enforced, where, since when; counters and problems"},
	{"why", why_main,
	 "is it gabelou? whether anything to this host, or of this process, was denied"},
	{"survey", survey_main, "from the log: what would have been cut, and exceptions for it"},
	{"agent", agent_main, "stream blocked flows as JSON lines (ECS)"},
	{"detach", detach_main, "stop enforcing"},
};

static void print_usage(FILE *out)
{
	fprintf(out, "Usage: gabelou VERB [OPTION...] [ARGUMENT...]\n\n"
		     "Lets a Linux machine send only to approved soil and approved owners.\n\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].description);
	fprintf(out,
		"\nEvery verb has --json and --help. Exit status: 0 done, 1 the answer is no,\n"
		"2 wrong usage, 3 the system refused. The manual: man 8 gabelou\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_usage(stdout);
		return CLI_DONE;
	}
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		printf("gabelou %s\n", GABELOU_VERSION);
		return CLI_DONE;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(name, verbs[i].name) == 0)
			return verbs[i].function(argc - 1, argv + 1);
	if (*name)
		fprintf(stderr, "gabelou: no verb \"%s\"; these there are:\n\n", name);
	print_usage(stderr);
	return CLI_USAGE;
}
