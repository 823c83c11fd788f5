// SPDX-License-Identifier: GPL-2.0-or-later
/* Layers are found by use, and agree with the version that the kernel gives; what is needed is
 * asked for before anything is done; a layer that an apply was told to do without stays away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/utsname.h>

#include "tests/prog/applied.h"

static unsigned version_of(const char *text)
{
	unsigned major, minor;

	assert_int_equal(sscanf(text, "%u.%u", &major, &minor), 2);
	return major * 1000 + minor;
}

/* True of Linux itself. A distribution that carried a layer back has more than its number says, and
 * one that left it out less: then this test tells which. */
static void test_agree_with_the_version(void **state)
{
	uint32_t present = layers_probe(LAYERS_ALL);
	struct utsname name;

	(void)state;
	assert_int_equal(uname(&name), 0);
	for (enum layer layer = 0; layer < LAYERS; layer++) {
		bool expected = version_of(name.release) >= version_of(layer_since(layer));

		print_message("# %s %s: %s\n", name.release, layer_name(layer),
			      present & LAYER_BIT(layer) ? "present" : "lacking");
		if (!!(present & LAYER_BIT(layer)) != expected)
			fail_msg("%s (Linux %s) is %s in %s", layer_name(layer), layer_since(layer),
				 expected ? "lacking" : "present", name.release);
	}
}

static void test_only_what_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(layers_probe(0), 0);
	for (enum layer layer = 0; layer < LAYERS; layer++)
		assert_int_equal(layers_probe(LAYER_BIT(layer)) & ~LAYER_BIT(layer), 0);
}

static int descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static ino_t namespace_of_this_thread(void)
{
	struct stat status;

	assert_int_equal(stat("/proc/thread-self/ns/net", &status), 0);
	return status.st_ino;
}

static void test_leaves_nothing_behind(void **state)
{
	int open = descriptors();
	ino_t namespace = namespace_of_this_thread();

	(void)state;
	for (int i = 0; i < 10; i++)
		layers_probe(LAYERS_ALL);
	assert_int_equal(descriptors(), open);
	assert_int_equal(namespace_of_this_thread(), namespace);
}

/* Every needed layer, taken away alone: refused by its name, and what was in force stays. */
static void test_needed_ones_are_required(void **state)
{
	struct applied *applied = *state;
	uint32_t generation = 0;
	int tried = 0;

	applied_apply(applied, applied->table);
	for (enum layer layer = 0; layer < LAYERS; layer++) {
		if (!layer_is_needed(layer))
			continue;
		applied->options.without = LAYER_BIT(layer);
		assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options,
					      NULL, &generation, &applied->diagnostics),
				 -ENOTSUP);
		assert_non_null(
			strstr(applied->diagnostics.items[applied->diagnostics.count - 1].text,
			       layer_name(layer)));
		assert_int_equal(generation, 0);
		tried++;
	}
	assert_true(tried > 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
}

/* Every other one, taken away alone: enforced without it, and by whoever opens next as well. */
static void test_others_are_done_without(void **state)
{
	struct applied *applied = *state;
	bool other = false;

	for (enum layer layer = 0; layer < LAYERS; layer++) {
		if (layer_is_needed(layer))
			continue;
		applied->options.without = LAYER_BIT(layer);
		applied_apply(applied, other ? applied->swapped : applied->table);
		const char *denied = other ? ALLOWED_V4 : DENIED_V4;
		const char *allowed = other ? DENIED_V4 : ALLOWED_V4;
		assert_false(applied_passes("gone0", "far0", denied));
		assert_true(applied_passes("gone0", "far0", allowed));
		if (layer == LAYER_TCX)
			assert_int_equal(applied_interface(applied, "gone0").hook, HOOK_CLSACT);
		assert_int_equal(system("ip link add gone9 type veth peer name far9 && "
					"ip link set gone9 up && ip link set far9 up"),
				 0);
		applied_reopen(applied);
		assert_false(applied_passes("gone9", "far9", denied));
		assert_int_equal(applied_interface(applied, "gone9").hook,
				 applied_interface(applied, "gone0").hook);
		assert_int_equal(system("ip link del gone9"), 0);
		other = !other;
	}
}

/* What is sent to an address of the port itself passes where the kernel shows the port. */
static void test_gateway_without_its_context(void **state)
{
	struct applied *applied = *state;
	char *inside[] = {(char *)"far0"}, *guard[] = {(char *)"gone1"};
	bool shown = layers_probe(LAYER_BIT(LAYER_XDP_CONTEXT));

	applied->options.inside = inside;
	applied->options.guard = guard;
	applied->options.inside_count = applied->options.guard_count = 1;
	assert_int_equal(system("echo 1 >/proc/sys/net/ipv4/ip_forward && ip address add " DENIED_V4
				"/32 dev far0"),
			 0);
	applied_apply(applied, applied->table);
	assert_int_equal(applied_passes("gone0", "far0", DENIED_V4), shown);
	applied->options.without = LAYER_BIT(LAYER_XDP_CONTEXT);
	applied_apply(applied, applied->table);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(system("ip address del " DENIED_V4 "/32 dev far0"), 0);
}

/* Without XDP in pieces there is no gateway; a policy that asks for none does not need it. */
static void test_gateway_without_pieces(void **state)
{
	struct applied *applied = *state;
	char *inside[] = {(char *)"far0"};
	uint32_t generation;

	applied->options.without = LAYER_BIT(LAYER_XDP_FRAGS);
	applied_apply(applied, applied->table);
	applied->options.inside = inside;
	applied->options.inside_count = 1;
	assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -ENOTSUP);
	assert_non_null(strstr(applied->diagnostics.items[applied->diagnostics.count - 1].text,
			       "lacks xdp-frags"));
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
}

static void test_names(void **state)
{
	struct applied *applied = *state;
	uint32_t layers = 0;

	assert_int_equal(layers_parse(NULL, &layers, &applied->diagnostics), 0);
	assert_int_equal(layers, 0);
	assert_int_equal(layers_parse("tcx,ring-buffer", &layers, &applied->diagnostics), 0);
	assert_int_equal(layers, LAYER_BIT(LAYER_TCX) | LAYER_BIT(LAYER_RING_BUFFER));
	json_t *names = layers_names(layers);
	assert_int_equal(layers_named(names), layers);
	json_decref(names);
	assert_int_equal(layers_named(NULL), 0);
	assert_int_equal(applied->diagnostics.count, 0);
	layers = 7;
	assert_int_equal(layers_parse("tcx,tc", &layers, &applied->diagnostics), -EINVAL);
	assert_int_equal(layers, 7);
	assert_non_null(strstr(applied->diagnostics.items[0].text, "tc is no layer"));
	assert_non_null(strstr(applied->diagnostics.items[0].text, "ring-buffer"));
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_agree_with_the_version),  APPLIED(test_only_what_is_wanted),
		APPLIED(test_leaves_nothing_behind),   APPLIED(test_needed_ones_are_required),
		APPLIED(test_others_are_done_without), APPLIED(test_gateway_without_its_context),
		APPLIED(test_gateway_without_pieces),  APPLIED(test_names),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel layers", tests, NULL, NULL);
}
