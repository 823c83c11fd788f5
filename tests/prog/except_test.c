// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: of random packets under random policies with exceptions, the kernel, the table and the
 * oracle say the same: by protocol, port or type, in fragments, until the moment that it ends, and
 * by the sender's scope; where it leaves and where it comes in. */
#include "tests/prog/namespace.h"
#include "tests/unit/random_policy.h"
#include "tests/unit/table_fixture.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "maps/control.h"

#define POLICIES  30
#define PACKETS   600
#define ADDRESSES 64

static const country_t countries[] = {COUNTRY('F', 'R'), COUNTRY('D', 'E'), COUNTRY('U', 'S')};
static const uint32_t asns[] = {1, 2, 3, 4, 5, 6};

static struct address addresses[ADDRESSES];
static size_t seen[REASON_COUNT], seen_in[RANDOM_SCOPES + 1];

struct frame {
	uint8_t bytes[128];
	size_t size;
};

static void put16(struct frame *frame, size_t at, unsigned value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

/* TCP, UDP or ICMP with @flow's port or type; of a later fragment only payload. */
static void put_transport(struct frame *frame, size_t at, const struct table_flow *flow)
{
	size_t size = flow->protocol == IPPROTO_TCP ? 20 : 16;

	frame->size = at + size;
	if (flow->later_fragment)
		return;
	if (flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6) {
		frame->bytes[at] = (uint8_t)flow->port;
		return;
	}
	put16(frame, at, 40000);
	put16(frame, at + 2, flow->port);
	if (flow->protocol == IPPROTO_UDP)
		put16(frame, at + 4, (unsigned)size);
	else
		frame->bytes[at + 12] = 5 << 4;
}

static void make_ipv4(struct frame *frame, struct address to, const struct table_flow *flow)
{
	put16(frame, 12, ETH_P_IP);
	put_transport(frame, 34, flow);
	frame->bytes[14] = 0x45;
	put16(frame, 16, (unsigned)frame->size - 14);
	put16(frame, 20, flow->later_fragment ? 100 : 0);
	frame->bytes[22] = 64;
	frame->bytes[23] = flow->protocol;
	address_to_bytes(random_source(flow->scope, FAMILY_V4), &frame->bytes[26]);
	address_to_bytes(to, &frame->bytes[30]);
}

static void make_ipv6(struct frame *frame, struct address to, const struct table_flow *flow)
{
	size_t headers = flow->later_fragment ? 62 : 54;

	put16(frame, 12, ETH_P_IPV6);
	put_transport(frame, headers, flow);
	frame->bytes[14] = 0x60;
	put16(frame, 18, (unsigned)frame->size - 54);
	frame->bytes[20] = flow->later_fragment ? IPPROTO_FRAGMENT : flow->protocol;
	frame->bytes[21] = 64;
	address_to_bytes(random_source(flow->scope, FAMILY_V6), &frame->bytes[22]);
	address_to_bytes(to, &frame->bytes[38]);
	if (flow->later_fragment) {
		frame->bytes[54] = flow->protocol;
		put16(frame, 56, 100 << 3);
	}
}

static struct table_flow draw_flow(const struct policy *policy, enum family family)
{
	struct table_flow flow = random_flow();

	if (family == FAMILY_V4 && flow.protocol == IPPROTO_ICMPV6)
		flow.protocol = IPPROTO_ICMP;
	if (family == FAMILY_V6 && flow.protocol == IPPROTO_ICMP)
		flow.protocol = IPPROTO_ICMPV6;
	flow.seconds = time(NULL);
	flow.scope = (unsigned)(random_next() % (policy->scope_count + 1));
	return flow;
}

static void draw_addresses(void)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		enum family family = i % 2;
		u128 value = ((u128)random_next() << 64 | random_next()) & family_last(family);

		/* Unicast of the Internet, and IPv4 within IPv6. */
		if (family == FAMILY_V4)
			value = 0x05000000 | (value & 0xffffff);
		else if (i % 4 == 1)
			value = (u128)0x2a00 << 112 | (value & prefix_host_mask(FAMILY_V6, 16));
		else
			value = (u128)0x0064ff9b << 96 | 0x05000000 | (value & 0xffffff);
		addresses[i] = (struct address){family, value};
	}
}

static void write_world(const struct fixture *fixture)
{
	fixture_defaults(fixture);
	FILE *soil = fixture_file(fixture, "soil.csv.zst"), *asn;
	fputs("5.0.0.0,FR\n5.64.0.0,DE\n5.128.0.0,US\n6.0.0.0,\n2a00::,FR\n2a01::,\n", soil);
	fclose(soil);
	asn = fixture_file(fixture, "asn.csv.zst");
	fputs("5.0.0.0,1\n5.32.0.0,2\n5.96.0.0,3\n6.0.0.0,\n2a00::,4\n2a00:8000::,5\n2a01::,\n",
	      asn);
	fclose(asn);
}

/* Where it leaves, and where it comes in. */
static void check_programs(struct kernel_trial *trial, const struct frame *frame,
			   const struct table_flow *flow, struct address to,
			   const struct decision *expected)
{
	char text[ADDRESS_TEXT_SIZE];

	for (int program = KERNEL_GUARD; program <= KERNEL_GATEWAY; program++) {
		struct kernel_outcome outcome;

		assert_int_equal(kernel_trial_run(trial, (enum kernel_program)program, true,
						  frame->bytes, frame->size, &outcome),
				 0);
		if (outcome.decision.verdict != expected->verdict ||
		    outcome.decision.reason != expected->reason ||
		    outcome.decision.rule != expected->rule)
			fail_msg("%s protocol %u port %u%s in scope %u: program %d %s by %u, "
				 "oracle %s by %u",
				 address_format(to, text), flow->protocol, flow->port,
				 flow->later_fragment ? " (later fragment)" : "", flow->scope,
				 program, reason_name(outcome.decision.reason),
				 outcome.decision.rule, reason_name(expected->reason),
				 expected->rule);
	}
}

static void check_packet(const struct fixture *fixture, struct kernel_trial *trial,
			 const struct random_policy *random, const struct table_context *context,
			 const struct atlas *atlas, const struct table *table)
{
	struct address to = addresses[random_next() % ADDRESSES];
	const struct place *place = atlas_place(atlas, atlas_lookup(atlas, to));
	struct address within = special_embedded(place->special, to);
	struct table_flow flow = draw_flow(&random->policy, to.family);
	struct frame frame = {0};

	(void)fixture;
	(to.family == FAMILY_V4 ? make_ipv4 : make_ipv6)(&frame, to, &flow);
	struct decision expected = oracle_judge_scope(
		&random->policy, atlas, place,
		within.family != to.family ? atlas_place(atlas, atlas_lookup(atlas, within)) : NULL,
		context, to, &flow);
	struct decision table_says = table_judge_flow(table, to, &flow);

	assert_int_equal(table_says.verdict, expected.verdict);
	assert_int_equal(table_says.reason, expected.reason);
	assert_int_equal(table_source_scope(table, random_source(flow.scope, to.family)),
			 flow.scope);
	check_programs(trial, &frame, &flow, to, &expected);
	seen[expected.reason]++;
	seen_in[flow.scope]++;
}

/* Exceptions that end around now, as the kernel's clock has it; none within the test's time. */
static void end_around_now(struct random_policy *random)
{
	for (size_t i = 0; i < random->policy.rule_count; i++)
		if (random->rules[i].kind == RULE_EXCEPT)
			random->rules[i].until = time(NULL) + (random_chance(10) ? 1000 : -1000);
}

static void check_policy(struct fixture *fixture, const struct atlas *atlas)
{
	char *inside[] = {(char *)"*"};
	struct kernel_options options = {
		.control = CONTROL_DEFAULT, .inside = inside, .inside_count = 1};
	struct random_world world = {countries, 3, asns, 6, addresses, ADDRESSES};
	struct random_policy random;
	struct kernel_trial *trial = NULL;
	struct table *table = NULL;

	random_policy(&world, &random);
	random_policy_scopes(&world, &random);
	end_around_now(&random);
	options.scopes = random.policy.scopes;
	options.scope_count = random.policy.scope_count;
	struct table_context context = {.connected = random.connected,
					.connected_count = random.connected_count};
	if (table_compile(&random.policy, atlas, &context, &table, &fixture->diagnostics))
		fixture_fail(fixture, "no table");
	if (kernel_trial_open(table, &options, &trial, &fixture->diagnostics))
		fixture_fail(fixture, "no trial");
	for (unsigned i = 0; i < PACKETS; i++)
		check_packet(fixture, trial, &random, &context, atlas, table);
	kernel_trial_close(trial);
	table_free(table);
}

static void the_kernel_says_what_the_oracle_says(void **state)
{
	struct fixture fixture;
	struct atlas_config config = {0};

	(void)state;
	random_seed(7);
	fixture_open(&fixture);
	write_world(&fixture);
	struct atlas *atlas = fixture_atlas(&fixture, &config);
	draw_addresses();
	for (unsigned i = 0; i < POLICIES; i++)
		check_policy(&fixture, atlas);
	print_message("# %u packets, %zu by exceptions\n", POLICIES * PACKETS,
		      seen[REASON_RULE_EXCEPT]);
	assert_true(seen[REASON_RULE_EXCEPT] > POLICIES * PACKETS / 100);
	assert_true(seen[REASON_RULE_DENY] > 0);
	for (unsigned i = 0; i <= RANDOM_SCOPES; i++)
		assert_true(seen_in[i] > POLICIES * PACKETS / 100);
	atlas_free(atlas);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_says_what_the_oracle_says),
	};

	namespace_make();
	return cmocka_run_group_tests_name("except", tests, NULL, NULL);
}
