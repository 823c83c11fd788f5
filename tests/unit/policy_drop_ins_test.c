// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: drop-ins are read in the order of their names and add to the policy; what contradicts, and
 * every other fault, is said with the file that it stands in. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/policy_check.h"

static char messages[MESSAGES_SIZE];

/* A policy and what its drop-ins say; NULL: no more of them. */
static int parse_files(const char *policy, const char *first, const char *second,
		       struct policy **parsed)
{
	struct policy_sources sources = {0};
	struct diagnostics diagnostics = {0};

	assert_int_equal(policy_sources_add(&sources, "p.yaml", policy, strlen(policy)), 0);
	if (second)
		assert_int_equal(policy_sources_put(&sources, "policy.d/20.yaml", second), 0);
	if (first)
		assert_int_equal(policy_sources_put(&sources, "policy.d/10.yaml", first), 0);
	int error = policy_parse_sources(&sources, test_groups, parsed, &diagnostics);

	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	policy_sources_free(&sources);
	return error;
}

static void expect_messages(const char *policy, const char *first, const char *second,
			    const char *expected)
{
	struct policy *parsed = NULL;

	assert_int_equal(parse_files(policy, first, second, &parsed), -EINVAL);
	assert_null(parsed);
	assert_string_equal(messages, expected);
}

static struct policy *expect_whole(const char *policy, const char *first, const char *second)
{
	struct policy *parsed = NULL;
	int error = parse_files(policy, first, second, &parsed);

	if (error || *messages)
		fail_msg("refused:\n%s", messages);
	return parsed;
}

#define EXCEPT(address, more) "  - {to: [" address "], until: 2099-01-31" more "}\n"

static void lists_grow_in_the_order_of_names(void **state)
{
	struct policy *policy = expect_whole(
		HEAD "except:\n" EXCEPT("192.0.2.1", ", why: a"),
		"gabelou: 1\ndeny: [{soil: [CN]}]\nexcept:\n" EXCEPT("192.0.2.2", ", why: b")
			EXCEPT("192.0.2.3", ", why: c"),
		"gabelou: 1\nallow: [{soil: [DE]}]\nexcept:\n" EXCEPT("192.0.2.4", ", why: d"));
	static const struct {
		const char *name, *file;
		unsigned line;
	} rules[] = {
		{"except #1", "p.yaml", 4},           {"except #2", "policy.d/10.yaml", 4},
		{"except #3", "policy.d/10.yaml", 5}, {"except #4", "policy.d/20.yaml", 4},
		{"deny #1", "policy.d/10.yaml", 2},   {"allow #1", "p.yaml", 2},
		{"allow #2", "policy.d/20.yaml", 2},
	};

	(void)state;
	assert_int_equal(policy->rule_count, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct rule *rule = &policy->rules[i];
		char name[RULE_NAME_SIZE];

		assert_string_equal(rule_name(rule, name), rules[i].name);
		assert_string_equal(rule_place(policy, rule).file, rules[i].file);
		assert_int_equal(rule_place(policy, rule).line, rules[i].line);
	}
	assert_string_equal(policy->rules[3].why, "d");
	assert_int_equal(policy->file_count, 3);
	assert_string_equal(policy->file, "p.yaml");
	assert_string_equal(policy->files[0].says, "allow #1, except #1");
	assert_string_equal(policy->files[1].says, "deny #1, except #2 to #3");
	assert_string_equal(policy->files[2].says, "allow #2, except #4");
	policy_free(policy);
}

static void maps_are_joined_and_the_same_word_twice_is_no_fault(void **state)
{
	struct policy *policy = expect_whole(
		HEAD "mode: monitor\ndata: {agree: all, owner: [a.csv]}\ncontrol: [default]\n",
		"gabelou: 1\nmode: monitor\ndata: {owner: [b.csv], max-age: {warn: 3d}}\n",
		"gabelou: 1\ncontrol: [vrrp]\ndata: {max-age: {stale: 9d}}\n");

	(void)state;
	assert_int_equal(policy->mode, POLICY_MONITOR);
	assert_int_equal(policy->data.agree, DATA_AGREE_ALL);
	assert_int_equal(policy->data.files[DATA_OWNER].count, 2);
	assert_string_equal(policy->data.files[DATA_OWNER].items[0].path, "a.csv");
	assert_string_equal(policy->data.files[DATA_OWNER].items[1].path, "b.csv");
	assert_int_equal(policy->warn_days, 3);
	assert_int_equal(policy->stale_days, 9);
	policy_free(policy);
	struct policy *plain = expect_whole(HEAD "control: [default]\n", NULL, NULL);
	struct policy *more =
		expect_whole(HEAD "control: [default]\n", "gabelou: 1\ncontrol: [vrrp]\n", NULL);

	assert_int_not_equal(more->control, plain->control);
	assert_int_equal(more->control & plain->control, plain->control);
	policy_free(plain);
	policy_free(more);
}

static void a_contradiction_names_both_places(void **state)
{
	(void)state;
	expect_messages(HEAD "mode: enforce\n", "gabelou: 1\nmode: monitor\n", NULL,
			"policy.d/10.yaml:2:7: `mode: monitor` contradicts `mode: enforce` at "
			"p.yaml:3:7; say it in one of the two files\n");
	expect_messages(HEAD, "gabelou: 1\nunlisted: deny\n", "gabelou: 1\n\nunlisted: registry\n",
			"policy.d/20.yaml:3:11: `unlisted: registry` contradicts `unlisted: deny` "
			"at policy.d/10.yaml:2:11; say it in one of the two files\n");
	expect_messages(HEAD "data: {max-age: {warn: 3d}}\n",
			"gabelou: 1\ndata: {max-age: {warn: 4d}}\n", NULL,
			"policy.d/10.yaml:2:24: `warn: 4d` contradicts `warn: 3d` at p.yaml:3:24; "
			"say it in one of the two files\n");
	expect_messages(HEAD "interfaces: {guard: auto}\n",
			"gabelou: 1\ninterfaces: {guard: [eth0]}\n", NULL,
			"policy.d/10.yaml:2:21: `guard: [...]` contradicts `guard: auto` at "
			"p.yaml:3:21; say it in one of the two files\n");
	expect_messages(HEAD, "gabelou: 1\nallow: {soil: [DE]}\n", NULL,
			"policy.d/10.yaml:2:8: `allow: {...}` contradicts `allow: [...]` at "
			"p.yaml:2:8; say it in one of the two files\n");
}

static void a_fault_names_its_own_file(void **state)
{
	(void)state;
	expect_messages(HEAD, "gabelou: 1\nexcept: [{to: [192.0.2.1], until: 2027-01-31}]\n",
			"gabelou: 1\nexcept: [{to: [192.0.2.2], until: soon, why: a}]\n",
			"policy.d/10.yaml:2:10: an exception without a reason; write why: CHG-1234 "
			"security updates\n"
			"policy.d/20.yaml:2:35: `soon` is not a date; write one like 2027-01-31\n");
	/* Those of the policy come first, whatever the lines. */
	expect_messages(HEAD "\n\n\nmode: stop\n", "gabelou: 1\nmod: 1\n", NULL,
			"p.yaml:6:7: `mode: stop` is not known; write enforce or monitor\n"
			"policy.d/10.yaml:2:1: a policy has no key `mod`; did you mean `mode`?\n");
	expect_messages(HEAD, "allow: [{soil: [DE]}]\n", NULL,
			"policy.d/10.yaml:1:1: `gabelou: 1` is missing; write it as the first "
			"line\n");
	expect_messages(HEAD, "gabelou: 2\n", "# nothing\n",
			"policy.d/10.yaml:1:10: policy format `2` is not known to this version; "
			"write `gabelou: 1`\n"
			"policy.d/20.yaml:1:1: there is no policy in this file; begin with "
			"`gabelou: 1`\n");
	expect_messages(HEAD, "- gabelou: 1\n", NULL,
			"policy.d/10.yaml:1:1: this is not a policy; begin with `gabelou: 1`\n");
	/* A key twice in one file is a slip there, although lists of two files are joined. */
	expect_messages(HEAD, "gabelou: 1\nallow: [{soil: [DE]}]\nallow: [{soil: [IT]}]\n", NULL,
			"policy.d/10.yaml:3:1: `allow:` stands here twice, first at line 2; remove "
			"one\n");
	expect_messages(HEAD, "gabelou: 1\ndeny: [{soil: [DE]}]\ndeny: [{soil: [IT]}]\n", NULL,
			"policy.d/10.yaml:3:1: `deny:` stands here twice, first at line 2; remove "
			"one\n");
	expect_messages(HEAD, "gabelou: 1\nallow: [{soil: [FR], owner: [EU]}]\n", NULL,
			"policy.d/10.yaml:2:9: allow #2 never decides: allow #1 at p.yaml:2:9 "
			"covers all of it; remove it or narrow the other\n");
	expect_messages(HEAD "data: {owner: [a.csv]}\n", "gabelou: 1\ndata: {owner: [a.csv]}\n",
			NULL,
			"policy.d/10.yaml:2:16: `a.csv` stands in this list twice and would count "
			"twice; remove one\n");
}

/* What sha256sum says of the files; see policy_sources_digest(). */
static void the_digest_is_of_all_files(void **state)
{
	struct policy *alone = expect_whole(HEAD, NULL, NULL);
	struct policy *one = expect_whole(HEAD, "gabelou: 1\n", NULL);
	struct policy *other = expect_whole(HEAD, "gabelou: 1 # more\n", NULL);
	struct digest of_policy = digest_of(HEAD, strlen(HEAD));
	struct digest of_drop_in = digest_of("gabelou: 1\n", strlen("gabelou: 1\n"));
	char lines[2 * DIGEST_TEXT_SIZE + 1], first[DIGEST_TEXT_SIZE], second[DIGEST_TEXT_SIZE];

	(void)state;
	assert_memory_equal(&alone->digest, &of_policy, sizeof(of_policy));
	snprintf(lines, sizeof(lines), "%s\n%s\n", digest_format(&of_policy, first),
		 digest_format(&of_drop_in, second));
	of_policy = digest_of(lines, strlen(lines));
	assert_memory_equal(&one->digest, &of_policy, sizeof(of_policy));
	assert_memory_not_equal(&one->digest, &other->digest, sizeof(of_policy));
	assert_memory_equal(&one->files[1].digest, &of_drop_in, sizeof(of_drop_in));
	policy_free(alone);
	policy_free(one);
	policy_free(other);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static void remove_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(remove(path), 0);
}

/* Reads the policy of @folder; the files that were read go to @names, without the folder. */
static int read_folder(const char *folder, char *names, size_t size)
{
	struct policy_sources sources = {0};
	struct diagnostics diagnostics = {0};
	char path[256];

	snprintf(path, sizeof(path), "%s/p.yaml", folder);
	int error = policy_sources_read(path, &sources, &diagnostics);
	names[0] = '\0';
	for (size_t i = 0; i < sources.count; i++)
		snprintf(names + strlen(names), size - strlen(names), "%s ",
			 sources.items[i].file + strlen(folder) + 1);
	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	policy_sources_free(&sources);
	return error;
}

static void they_are_found_beside_the_policy(void **state)
{
	char folder[] = "/tmp/gabelou-drop-ins-XXXXXX", drop_ins[64], names[512], expected[512];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(drop_ins, sizeof(drop_ins), "%s/policy.d", folder);
	write_file(folder, "p.yaml", HEAD);
	assert_int_equal(read_folder(folder, names, sizeof(names)), 0);
	assert_string_equal(names, "p.yaml ");
	assert_int_equal(mkdir(drop_ins, 0755), 0);
	write_file(drop_ins, "9.yaml", "gabelou: 1\n");
	write_file(drop_ins, "10.yaml", "gabelou: 1\n");
	write_file(drop_ins, "B.yaml", "gabelou: 1\n");
	write_file(drop_ins, "a.yaml", "gabelou: 1\n");
	write_file(drop_ins, ".hidden.yaml", "no\n");
	write_file(drop_ins, "a.yaml~", "no\n");
	assert_int_equal(read_folder(folder, names, sizeof(names)), 0);
	assert_string_equal(names, "p.yaml policy.d/10.yaml policy.d/9.yaml policy.d/B.yaml "
				   "policy.d/a.yaml ");
	assert_string_equal(messages, "");
	write_file(drop_ins, "c.yml", "no\n");
	assert_int_equal(read_folder(folder, names, sizeof(names)), 0);
	snprintf(expected, sizeof(expected),
		 "%s: c.yml is not read; give it a name that ends in .yaml\n", drop_ins);
	assert_string_equal(messages, expected);
	remove_file(drop_ins, "c.yml");
	snprintf(names, sizeof(names), "%s/a.yaml", drop_ins);
	assert_int_equal(chmod(names, 0646), 0);
	assert_int_equal(read_folder(folder, names, sizeof(names)), -EPERM);
	assert_non_null(strstr(messages, "/policy.d/a.yaml: anybody may write here"));
	assert_string_equal(names, "");
	remove_file(drop_ins, "a.yaml");
	assert_int_equal(chmod(drop_ins, 0757), 0);
	assert_int_equal(read_folder(folder, names, sizeof(names)), -EPERM);
	assert_non_null(strstr(messages, "/policy.d: anybody may write here"));
	if (geteuid() == 0) {
		assert_int_equal(chmod(drop_ins, 0755), 0);
		assert_int_equal(chown(drop_ins, 4711, 0), 0);
		assert_int_equal(read_folder(folder, names, sizeof(names)), -EPERM);
		assert_non_null(strstr(messages, "/policy.d: it belongs to user 4711"));
	}
	remove_file(drop_ins, "9.yaml");
	remove_file(drop_ins, "10.yaml");
	remove_file(drop_ins, "B.yaml");
	remove_file(drop_ins, ".hidden.yaml");
	remove_file(drop_ins, "a.yaml~");
	assert_int_equal(rmdir(drop_ins), 0);
	write_file(folder, "policy.d", "a file\n");
	assert_int_equal(read_folder(folder, names, sizeof(names)), -ENOTDIR);
	assert_non_null(strstr(messages, "/policy.d: the folder of drop-ins cannot be read"));
	remove_file(folder, "policy.d");
	remove_file(folder, "p.yaml");
	assert_int_equal(rmdir(folder), 0);
}

static void one_can_be_put_and_dropped(void **state)
{
	struct policy_sources sources = {0}, copy = {0};

	(void)state;
	assert_int_equal(policy_sources_add(&sources, "z.yaml", "z", 1), 0);
	assert_int_equal(policy_sources_put(&sources, "policy.d/b.yaml", "b"), 0);
	assert_int_equal(policy_sources_put(&sources, "policy.d/a.yaml", "a"), 0);
	assert_int_equal(policy_sources_put(&sources, "policy.d/c.yaml", "c"), 0);
	assert_int_equal(policy_sources_copy(&sources, &copy), 0);
	assert_int_equal(copy.count, 4);
	assert_string_equal(copy.items[0].bytes, "z");
	assert_string_equal(copy.items[1].bytes, "a");
	assert_string_equal(copy.items[3].bytes, "c");
	assert_true(policy_sources_drop(&copy, "policy.d/b.yaml"));
	assert_false(policy_sources_drop(&copy, "policy.d/b.yaml"));
	assert_false(policy_sources_drop(&copy, "z.yaml"));
	assert_int_equal(copy.count, 3);
	assert_string_equal(copy.items[2].bytes, "c");
	policy_sources_free(&copy);
	policy_sources_free(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_grow_in_the_order_of_names),
		cmocka_unit_test(maps_are_joined_and_the_same_word_twice_is_no_fault),
		cmocka_unit_test(a_contradiction_names_both_places),
		cmocka_unit_test(a_fault_names_its_own_file),
		cmocka_unit_test(the_digest_is_of_all_files),
		cmocka_unit_test(they_are_found_beside_the_policy),
		cmocka_unit_test(one_can_be_put_and_dropped),
	};

	return cmocka_run_group_tests(tests, read_groups, free_groups);
}
