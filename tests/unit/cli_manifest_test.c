// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: a manifest from the disk is read whole or refused; nothing in it is taken on trust. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/agent/manifest_read.c"

static const char good[] =
	"{\"policy\":{\"name\":\"p\",\"file\":\"/p.yaml\",\"sha256\":\"00\",\"text\":\"t\"},"
	"\"mode\":\"monitor\",\"unlisted\":\"registry\",\"agree\":\"all\",\"generation\":3,"
	"\"since\":\"2026-11-24T09:14:03Z\","
	"\"rules\":[{\"name\":\"deny #1\",\"why\":null},{\"name\":\"allow #1\",\"why\":\"w\"}],"
	"\"rows\":[[null,\"unknown\",0,null,0,0,0,0,\"internal\",-1],"
	"[\"FR\",\"agreed\",0,\"NL+US\",1,0,1,1,\"rule-allow\",1]],"
	"\"entries\":[[1,0,\"rule-deny\",0]]}";

static int read_text(const char *text, struct manifest **manifest)
{
	struct diagnostics diagnostics = {0};
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	int error = manifest_read(json, manifest, &diagnostics);
	assert_int_equal(error != 0, diagnostics.errors);
	diagnostics_free(&diagnostics);
	return error;
}

static void test_good(void **state)
{
	struct manifest *manifest;

	(void)state;
	assert_int_equal(read_text(good, &manifest), 0);
	assert_int_equal(manifest->generation, 3);
	assert_true(manifest->monitor);
	assert_true(manifest->registry);
	assert_string_equal(manifest->since, "2026-11-24T09:14:03Z");
	assert_int_equal(manifest->row_count, 2);
	assert_int_equal(manifest->rows[0].rule, RULE_NONE);
	assert_int_equal(manifest->rows[1].info.soil, COUNTRY('F', 'R'));
	assert_int_equal(manifest->rows[1].info.state, SOIL_AGREED);
	assert_int_equal(manifest->rows[1].info.reach.count, 2);
	assert_int_equal(manifest->rows[1].info.reach.countries[1], COUNTRY('U', 'S'));
	assert_int_equal(manifest->rows[1].info.reach.inferred, 1);
	assert_int_equal(manifest->rows[1].reason, REASON_RULE_ALLOW);
	assert_int_equal(manifest->entries[0].row, 1);
	assert_string_equal(manifest_rule_name(manifest, 1), "allow #1");
	assert_string_equal(manifest_rule_why(manifest, 1), "w");
	assert_null(manifest_rule_why(manifest, 0));
	assert_null(manifest_rule_name(manifest, 2));
	assert_null(manifest_rule_name(manifest, RULE_NONE));
	manifest_free(manifest);
	manifest_free(NULL);
}

static void test_damaged(void **state)
{
	static const struct {
		const char *from, *to;
	} damages[] = {
		{"\"mode\"", "\"mood\""},
		{"\"generation\":3", "\"generation\":\"3\""},
		{"\"file\":\"/p.yaml\"", "\"file\":1"},
		{"\"FR\"", "\"XX\""},
		{"\"agreed\"", "\"sure\""},
		{"NL+US", "NL+ZZ"},
		{"NL+US", "NL+US+DE+FR+GB"},
		{"\"rule-allow\"", "\"whim\""},
		{"-1]", "\"x\"]"},
		{"[[1,0,", "[[2,0,"},
		{"[[1,0,", "[[-1,0,"},
		{"\"rule-deny\"", "\"whim\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct manifest *manifest = NULL;
		const char *at = strstr(good, damages[i].from);
		char text[1024];

		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, damages[i].to,
			 at + strlen(damages[i].from));
		assert_int_equal(read_text(text, &manifest), -EINVAL);
		assert_null(manifest);
	}
}

static void test_drop_ins(void **state)
{
	struct manifest *manifest;
	struct diagnostics diagnostics = {0};
	json_t *json = json_loads(good, 0, NULL);
	json_t *drop_ins = json_pack("[{s:s, s:s}, {s:s, s:s}]", "file", "/policy.d/1.yaml", "text",
				     "one", "file", "/policy.d/2.yaml", "text", "two");

	(void)state;
	json_object_set_new(json_object_get(json, "policy"), "drop_ins", drop_ins);
	assert_int_equal(manifest_read(json_incref(json), &manifest, &diagnostics), 0);
	assert_int_equal(manifest->sources.count, 3);
	assert_string_equal(manifest->sources.items[0].file, "/p.yaml");
	assert_string_equal(manifest->sources.items[0].bytes, "t");
	assert_string_equal(manifest->sources.items[2].file, "/policy.d/2.yaml");
	assert_string_equal(manifest->sources.items[2].bytes, "two");
	manifest_free(manifest);
	json_decref(json);
	json = json_loads(good, 0, NULL);
	json_object_set_new(json_object_get(json, "policy"), "drop_ins",
			    json_pack("[{s:s}]", "file", "/policy.d/1.yaml"));
	assert_int_equal(manifest_read(json, &manifest, &diagnostics), -EINVAL);
	diagnostics_free(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop_ins),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
