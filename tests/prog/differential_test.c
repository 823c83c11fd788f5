// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: three ways to a verdict agree on every address tried.
 *
 * kernel  the guard's program and the gateway's, by BPF_PROG_RUN on a packet to the address
 * table   the verdict table, read in user space
 * naive   each source scanned row by row, then the policy's text, rule by rule: no merged ranges,
 *         no classes, no table
 *
 * On the embedded data, a provider's feed and an operator's geofeed: both sides of every range
 * boundary, a million addresses drawn uniformly, IPv4 embedded in IPv6; first under a shipped
 * policy, then fewer addresses under random policies.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "maps/control.h"
#include "tests/prog/differential.h"
#include "tests/unit/random_policy.h"
#include "userspace/kernel/kernel.h"

#define UNIFORM          1000000
#define EMBEDDED         50000
#define RANDOM_POLICIES  200
#define RANDOM_ADDRESSES 3000 /* for each of them */
#define JUDGED_AT_ONCE   65536
#define QUICK_PART       50 /* with GABELOU_QUICK: this part of all that, for an emulated machine */

static char feed_paths[2][32] = {"/tmp/gabelou-feed-XXXXXX", "/tmp/gabelou-feed-XXXXXX"};
static uint32_t cloud[] = {16509, 14618}, hoster[] = {16276};
static struct data_file feeds[] = {{.path = feed_paths[0], .asns = cloud, .asn_count = 2},
				   {.path = feed_paths[1], .asns = hoster, .asn_count = 1}};
static struct atlas_config config = {.data_dir = "data", .data.files[DATA_FEEDS] = {feeds, 2}};
static struct diagnostics diagnostics;
static struct atlas *atlas;
static struct sample sample;

struct compared {
	size_t v4, v6, embedded, allowed, in_feeds, unrouted_in_feeds;
};

static size_t divisor(void)
{
	return getenv("GABELOU_QUICK") ? QUICK_PART : 1;
}

static void say_diagnostics(void)
{
	char text[2048];

	for (size_t i = 0; i < diagnostics.count; i++)
		print_message("# %s\n",
			      diagnostic_format(&diagnostics.items[i], text, sizeof(text)));
}

/* Far more than is the provider's: it must count in some of it only. */
static void write_feeds(void)
{
	static const char *const texts[] = {
		"3.0.0.0,3.127.255.255,US\n3.5.0.0,3.5.255.255,\n13.32.0.0,13.63.255.255,FR\n"
		"50.0.0.0,54.255.255.255,DE\n54.64.0.0,54.95.255.255,\n"
		"2600:1f00::,2600:1fff:ffff:ffff:ffff:ffff:ffff:ffff,US\n"
		"2a05:d000::,2a05:d07f:ffff:ffff:ffff:ffff:ffff:ffff,FR\n",
		"51.0.0.0/8,FR,,,\n54.36.0.0/14,CA,,,\n2001:41d0::/32,,,,\n",
	};

	for (size_t i = 0; i < 2; i++) {
		FILE *file = fdopen(mkstemp(feed_paths[i]), "w");

		if (!file || fputs(texts[i], file) < 0 || fclose(file))
			abort();
	}
}

static int read_world(void **state)
{
	(void)state;
	config.now = time(NULL);
	random_seed(1);
	write_feeds();
	int error = atlas_build(&config, &atlas, &diagnostics);
	if (!error) {
		sample_boundaries(&sample, atlas, divisor());
		sample_uniform(&sample, UNIFORM / divisor());
		sample_embedded(&sample, atlas, EMBEDDED / divisor());
		sample_sort(&sample);
		/* what an embedded address carries needs a place, too */
		size_t count = sample.count;
		for (size_t i = 0; i < count; i++) {
			struct address inner = special_embedded(special_of(sample.addresses[i]),
								sample.addresses[i]);

			if (inner.family != sample.addresses[i].family)
				sample_add(&sample, inner.family, inner.value);
		}
		sample_sort(&sample);
		error = sample_scan(&sample, &config, &diagnostics);
	}
	say_diagnostics();
	for (size_t i = 0; i < 2; i++)
		unlink(feed_paths[i]);
	return error;
}

static int free_world(void **state)
{
	(void)state;
	sample_free(&sample);
	atlas_free(atlas);
	diagnostics_free(&diagnostics);
	return 0;
}

/* Does the class stand for this place? */
static bool class_fits(const struct policy *policy, const struct class_info *info,
		       const struct place *place)
{
	struct reach reach =
		atlas_reach(atlas, place, policy->unlisted == POLICY_UNLISTED_REGISTRY);

	return info->soil == place->soil && info->state == place->state &&
	       info->special == place->special && info->routed == (place->asn != 0) &&
	       info->reach.count == reach.count &&
	       memcmp(info->reach.countries, reach.countries, sizeof(reach.countries)) == 0;
}

static bool equal(const struct decision *a, const struct decision *b)
{
	return a->verdict == b->verdict && a->reason == b->reason && a->rule == b->rule;
}

struct trial {
	const struct policy *policy;
	struct table_context context;
	struct table *table;
	struct kernel_trial *kernel;
	struct compared compared;
};

static void compare(struct trial *trial, struct address address, const struct place *place,
		    const struct decision *kernel)
{
	struct address inner_address =
		special_inner(trial->policy->nat64, trial->policy->nat64_count, address);
	const struct place *inner = inner_address.family == address.family
					    ? NULL
					    : sample_place(&sample, inner_address);

	if (!inner && inner_address.family != address.family) /* by a NAT64 prefix of the policy */
		inner = atlas_place(atlas, atlas_lookup(atlas, inner_address));
	/* As the kernel is asked: one UDP packet to port 443. */
	const struct table_flow flow = {
		.protocol = IPPROTO_UDP, .port = 443, .seconds = time(NULL)};
	struct decision table = table_judge_flow(trial->table, address, &flow);
	struct decision naive = oracle_judge_flow(trial->policy, atlas, place, inner,
						  &trial->context, address, &flow);
	const struct class_info *info = &trial->table->classes[kernel->class];
	char text[ADDRESS_TEXT_SIZE];

	if (!equal(kernel, &table) || kernel->class != table.class || !equal(&table, &naive) ||
	    !(class_fits(trial->policy, info, place) ||
	      (inner && class_fits(trial->policy, info, inner))))
		fail_msg("%s: kernel %s (rule %u, class %u), table %s (rule %u, class %u), naive "
			 "%s (rule %u)",
			 address_format(address, text), reason_name(kernel->reason), kernel->rule,
			 kernel->class, reason_name(table.reason), table.rule, table.class,
			 reason_name(naive.reason), naive.rule);
	trial->compared.v4 += address.family == FAMILY_V4;
	trial->compared.v6 += address.family == FAMILY_V6;
	trial->compared.embedded += inner != NULL;
	trial->compared.in_feeds += place->feed != 0;
	trial->compared.unrouted_in_feeds += place->provider && !place->asn;
	trial->compared.allowed += kernel->verdict == VERDICT_ALLOW;
}

static void compare_all(struct trial *trial, const struct address *addresses,
			const struct place *places, size_t count)
{
	static struct decision decisions[JUDGED_AT_ONCE], gateway[JUDGED_AT_ONCE];

	for (size_t i = 0; i < count; i += JUDGED_AT_ONCE) {
		size_t some = count - i < JUDGED_AT_ONCE ? count - i : JUDGED_AT_ONCE;

		assert_int_equal(kernel_trial_judge(trial->kernel, KERNEL_GUARD, addresses + i,
						    some, decisions),
				 0);
		assert_int_equal(kernel_trial_judge(trial->kernel, KERNEL_GATEWAY, addresses + i,
						    some, gateway),
				 0);
		for (size_t j = 0; j < some; j++) {
			assert_true(equal(&gateway[j], &decisions[j]));
			assert_int_equal(gateway[j].class, decisions[j].class);
			compare(trial, addresses[i + j], &places[i + j], &decisions[j]);
		}
	}
}

static void trial_open(struct trial *trial)
{
	char *inside[] = {(char *)"*"};
	struct kernel_options options = {
		.control = trial->policy->control,
		.inside = inside,
		.inside_count = 1,
	};
	int error =
		table_compile(trial->policy, atlas, &trial->context, &trial->table, &diagnostics);

	if (!error)
		error = kernel_trial_open(trial->table, &options, &trial->kernel, &diagnostics);
	if (error) {
		say_diagnostics();
		fail_msg("no trial: %d", error);
	}
}

static void trial_close(struct trial *trial)
{
	kernel_trial_close(trial->kernel);
	table_free(trial->table);
}

static void say(const char *what, const struct compared *compared)
{
	print_message("# %s: %zu IPv4 and %zu IPv6 addresses (%zu embedded, %zu in feeds and %zu "
		      "of these unrouted), %zu allowed, 0 differences\n",
		      what, compared->v4, compared->v6, compared->embedded, compared->in_feeds,
		      compared->unrouted_in_feeds, compared->allowed);
}

static void all_ranges_under_a_shipped_policy(void **state)
{
	struct groups *groups;
	struct policy *policy;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(groups_read("data/groups.csv", &groups, &diagnostics), 0);
	assert_int_equal(policy_read("policies/french-soil-european-owner.yaml", groups, &policy,
				     &diagnostics),
			 0);
	struct trial trial = {.policy = policy};
	trial_open(&trial);
	compare_all(&trial, sample.addresses, sample.places, sample.count);
	say("shipped policy", &trial.compared);
	assert_true(trial.compared.v4 + trial.compared.v6 >= (2000000 + UNIFORM) / divisor());
	assert_true(trial.compared.allowed > 10000 / divisor());
	assert_true(trial.compared.in_feeds > 1000 / divisor() &&
		    trial.compared.unrouted_in_feeds > 100 / divisor());
	trial_close(&trial);
	policy_free(policy);
	groups_free(groups);
}

/* Some of the sample, as a sample of its own. */
static void draw(struct sample *drawn)
{
	*drawn = (struct sample){.count = RANDOM_ADDRESSES, .capacity = RANDOM_ADDRESSES};
	drawn->addresses = calloc(drawn->count, sizeof(*drawn->addresses));
	drawn->places = calloc(drawn->count, sizeof(*drawn->places));
	assert_true(drawn->addresses && drawn->places);
	for (size_t i = 0; i < drawn->count; i++) {
		size_t number = random_next() % sample.count;

		drawn->addresses[i] = sample.addresses[number];
		drawn->places[i] = sample.places[number];
	}
}

static void random_policies(void **state)
{
	const country_t *all = country_all();
	static const country_t usual[] = {COUNTRY('F', 'R'), COUNTRY('D', 'E'), COUNTRY('U', 'S'),
					  COUNTRY('G', 'B'), COUNTRY('N', 'L'), COUNTRY('C', 'N'),
					  COUNTRY('I', 'T'), COUNTRY('B', 'R')};
	static const uint32_t asns[] = {16276, 12876, 2376,  16509, 15169,
					24940, 13335, 20940, 3215};
	struct compared sum = {0};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (uint64_t seed = 0; seed < RANDOM_POLICIES / divisor(); seed++) {
		struct random_policy random;
		struct sample drawn;
		size_t countries = 0;

		while (all[countries])
			countries++;
		random_seed(1000 + seed);
		draw(&drawn);
		struct random_world world = {
			.countries = seed % 4 ? usual : all,
			.country_count = seed % 4 ? sizeof(usual) / sizeof(usual[0]) : countries,
			.asns = asns,
			.asn_count = sizeof(asns) / sizeof(asns[0]),
			.addresses = drawn.addresses,
			.address_count = drawn.count,
		};
		random_policy(&world, &random);
		if (seed % 10) /* the kernel takes its time to verify that exceptions end */
			random_without_exceptions(&random);
		random_policy_nat64(&world, &random);
		struct trial trial = {.policy = &random.policy,
				      .context = {random.connected, random.connected_count}};
		trial_open(&trial);
		print_message("# seed %zu\n", (size_t)(1000 + seed));
		compare_all(&trial, drawn.addresses, drawn.places, drawn.count);
		trial_close(&trial);
		sum.v4 += trial.compared.v4;
		sum.v6 += trial.compared.v6;
		sum.embedded += trial.compared.embedded;
		sum.in_feeds += trial.compared.in_feeds;
		sum.unrouted_in_feeds += trial.compared.unrouted_in_feeds;
		sum.allowed += trial.compared.allowed;
		sample_free(&drawn);
	}
	say("random policies", &sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ranges_under_a_shipped_policy),
		cmocka_unit_test(random_policies),
	};

	return cmocka_run_group_tests_name("differential", tests, read_world, free_world);
}
