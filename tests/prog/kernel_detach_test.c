// SPDX-License-Identifier: GPL-2.0-or-later
/* Detach leaves nothing; clsact does what TCX does; the two follow each other without a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "tests/prog/applied.h"

static void test_detach_leaves_nothing(void **state)
{
	struct applied *applied = *state;
	json_t *record = NULL;

	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), -ENOENT);
	applied_apply(applied, applied->table);
	applied_send("gone0", DENIED_V4);
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_false(applied_interface(applied, "gone0").guarded);
	assert_false(applied_exists(applied, "gen-1"));
	for (int i = 0; i < SHARED_MAPS; i++)
		assert_false(applied_exists(applied, shared_map_names[i]));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(kernel_record(applied->kernel, &record, &applied->diagnostics), -ENOENT);
	assert_int_equal(applied->diagnostics.count, 0);
	/* What was counted is still on the record. */
	assert_int_equal(kernel_record_of(applied->kernel, 1, &record, &applied->diagnostics), 0);
	assert_true(json_array_size(json_object_get(record, "counters")) >= 1);
	json_decref(record);
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), -ENOENT);
	assert_int_equal(applied_apply(applied, applied->table), 2);
}

static void test_detach_without_pins(void **state)
{
	struct applied *applied = *state;
	char path[PATH_SIZE];

	applied->options.without = LAYER_BIT(LAYER_TCX); /* a filter holds without a pin */
	applied_apply(applied, applied->table);
	assert_int_equal(path_join(path, applied->kernel->pins, "gen-1"), 0);
	assert_int_equal(directory_remove(path), 0);
	record_remove(applied->kernel, 1);
	assert_int_equal(record_set_current(applied->kernel, NULL, &applied->diagnostics), 0);
	assert_true(applied_interface(applied, "gone0").guarded);
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_false(applied_interface(applied, "gone0").guarded);
}

static void test_clsact_enforces_and_swaps(void **state)
{
	struct applied *applied = *state;

	applied->options.without = LAYER_BIT(LAYER_TCX);
	applied_apply(applied, applied->table);
	assert_true(applied_interface(applied, "gone0").guarded);
	assert_int_equal(applied_interface(applied, "gone0").hook, HOOK_CLSACT);
	assert_string_equal(hook_name(HOOK_CLSACT), "clsact");
	assert_int_equal(applied_program_at("gone0", HOOK_TCX), 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	applied_apply(applied, applied->swapped);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_false(applied_passes("gone0", "far0", ALLOWED_V6));
	assert_false(applied_exists(applied, "gen-1"));
}

static void test_from_clsact_to_tcx_and_back(void **state)
{
	struct applied *applied = *state;
	uint32_t program;

	applied_needs_tcx();
	applied->options.without = LAYER_BIT(LAYER_TCX);
	applied_apply(applied, applied->table);
	applied->options.without = 0;
	applied_apply(applied, applied->table);
	assert_int_equal(applied_interface(applied, "gone0").hook, HOOK_TCX);
	assert_int_equal(clsact_find(if_nametoindex("gone0"), &program), -ENOENT);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	applied->options.without = LAYER_BIT(LAYER_TCX);
	applied_apply(applied, applied->swapped);
	assert_int_equal(applied_interface(applied, "gone0").hook, HOOK_CLSACT);
	assert_int_equal(applied_program_at("gone0", HOOK_TCX), 0);
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	char pin[32];
	snprintf(pin, sizeof(pin), "link-%u", if_nametoindex("gone0"));
	assert_false(applied_exists(applied, pin));
}

/* Somebody else's filter in our place is not overwritten: the apply fails and says where. */
static void test_foreign_filter_is_left_alone(void **state)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct applied *applied = *state;
	uint32_t generation;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex("far1"),
		    .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 1,
		    .prog_fd =
			    bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "egress", "GPL", pass, 2, NULL));
	LIBBPF_OPTS(bpf_tc_opts, found, .handle = 1, .priority = 1);

	bpf_tc_hook_create(&hook);
	assert_int_equal(bpf_tc_attach(&hook, &filter), 0);
	applied->options.without = LAYER_BIT(LAYER_TCX);
	assert_true(kernel_apply(applied->kernel, applied->table, &applied->options, NULL,
				 &generation, &applied->diagnostics) < 0);
	assert_non_null(
		strstr(applied->diagnostics.items[applied->diagnostics.count - 1].text, "far1"));
	assert_false(applied_interface(applied, "gone0").guarded);
	assert_int_equal(bpf_tc_query(&hook, &found), 0);
	assert_int_equal(found.prog_id, program_id(filter.prog_fd));
	close(filter.prog_fd);
	filter = (struct bpf_tc_opts){.sz = sizeof(filter), .handle = 1, .priority = 1};
	assert_int_equal(bpf_tc_detach(&hook, &filter), 0);
}

static bool has(const struct prefix *prefixes, size_t count, const char *text)
{
	struct prefix want;

	assert_int_equal(prefix_parse(text, strlen(text), &want), PREFIX_OK);
	for (size_t i = 0; i < count; i++)
		if (prefixes[i].family == want.family && prefixes[i].length == want.length &&
		    prefixes[i].value == want.value)
			return true;
	return false;
}

static void test_connected(void **state)
{
	struct applied *applied = *state;
	struct prefix *prefixes;
	size_t count;

	assert_int_equal(system("ip address add 10.7.1.1/24 dev gone0 && "
				"ip address add 10.7.1.2/24 dev gone0 && "
				"ip address add 10.7.9.9/32 dev gone0 && "
				"ip address add 10.7.2.1 peer 10.7.3.0/30 dev gone1 && "
				"ip address add 2001:db8:7::1/64 dev gone0 nodad"),
			 0);
	assert_int_equal(kernel_connected(&prefixes, &count, &applied->diagnostics), 0);
	assert_true(has(prefixes, count, "10.7.1.0/24"));
	assert_true(has(prefixes, count, "10.7.9.9/32"));
	assert_true(has(prefixes, count, "10.7.3.0/30"));
	assert_true(has(prefixes, count, "10.7.2.1/32"));
	assert_true(has(prefixes, count, "2001:db8:7::/64"));
	assert_false(has(prefixes, count, "127.0.0.0/8"));
	assert_false(has(prefixes, count, "::1/128"));
	size_t same = 0;
	for (size_t i = 0; i < count; i++)
		same += prefixes[i].family == FAMILY_V4 && prefixes[i].value == 0x0a070100;
	assert_int_equal(same, 1);
	free(prefixes);
	assert_int_equal(system("ip address flush dev gone0 scope global && "
				"ip address flush dev gone1 scope global"),
			 0);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_detach_leaves_nothing),
		APPLIED(test_detach_without_pins),
		APPLIED(test_clsact_enforces_and_swaps),
		APPLIED(test_from_clsact_to_tcx_and_back),
		APPLIED(test_foreign_filter_is_left_alone),
		APPLIED(test_connected),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel detach", tests, NULL, NULL);
}
