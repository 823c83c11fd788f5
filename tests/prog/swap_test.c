// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A swap nobody can catch: two tables that differ on every class take turns under a flood, and
 * every packet is accounted for. Each must have been judged by one generation (neither by none nor
 * by two), by that generation's own table and under its own number:
 *
 *   sent to a target                 = arrived there + denied in events that name it
 *   sent to the targets of a class   = judged as that class, by all generations
 *   arrived at the targets of a class = judged so by the generations that allow it
 *   denied by a generation           = in the events that carry its number, for this reason
 *
 * Three ways to swap a guard: by whole applies on TCX, by whole applies on clsact, and as fast as
 * it goes between two generations that are in the kernel; and the first and the last of a gateway
 * (XDP). There the wire itself may lose packets of a flood before anybody judges them: then less
 * was judged than was sent, and all else must balance. A few seconds each; with GABELOU_SOAK=1 some
 * ten minutes: a thousand applies on TCX, a hundred on clsact and XDP, five million fast swaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/prog/flood.h"
#include "userspace/kernel/counters.h"
#include "userspace/kernel/gateway.h"

#define APPLIES            12
#define APPLIES_SOAK       1000
#define APPLIES_OTHER_SOAK 100
#define FAST               500000
#define FAST_XDP           200 /* an update takes the lock of all network configuration */
#define FAST_SOAK          5000000
#define FAST_POLL          1000    /* swaps between two looks at the ring */
#define PACKETS_SOAK       1000000 /* fewer prove little */
#define INTERVAL_MS        200
#define CLASSES_TESTED     2

/* The sums of one generation. Odd ones have the table, even ones the swapped table. */
struct account {
	uint64_t judged[HAND_CLASSES]; /* by the counters */
	uint64_t denied;               /* packets in events */
};

struct ledger {
	struct account *accounts; /* by generation */
	uint32_t most;
	uint64_t denied[FLOOD_TARGETS]; /* packets in events */
	uint64_t strangers; /* of a generation that allows the target, or for another reason */
	struct kernel_events *events;
	bool lossy; /* the wire may lose packets */
};

static struct flood flood; /* of the test that runs */
static const enum hand_class classes[] = {HAND_DENIED, HAND_ALLOWED};

static bool soaking(void)
{
	return getenv("GABELOU_SOAK") != NULL;
}

/* The class that a generation denies: HAND_DENIED by its name, HAND_ALLOWED when swapped. */
static enum hand_class denied_by(uint32_t generation)
{
	return generation % 2 ? HAND_DENIED : HAND_ALLOWED;
}

static void hear(const struct flow_event *event, void *context)
{
	struct ledger *ledger = context;
	uint32_t generation = event->key.generation;

	for (size_t i = 0; i < FLOOD_TARGETS; i++) {
		uint8_t destination[16] = {0};

		address_to_bytes(hand_address(flood_targets[i].address), destination);
		if (memcmp(event->key.destination, destination, sizeof(destination)) != 0)
			continue;
		ledger->denied[i] += event->packets;
		if (generation == 0 || generation > ledger->most ||
		    denied_by(generation) != flood_targets[i].class ||
		    event->key.reason != REASON_SOIL ||
		    event->row != (uint32_t)flood_targets[i].class)
			ledger->strangers += event->packets;
		else
			ledger->accounts[generation].denied += event->packets;
	}
}

static void take_counter(struct account *account, uint64_t slot, uint64_t packets)
{
	for (size_t i = 0; i < CLASSES_TESTED; i++)
		if (slot == COUNTER_OF_ROW((uint64_t)classes[i]))
			account->judged[classes[i]] = packets;
}

/* Of a generation that is over, from its record. */
static void take_recorded(struct applied *applied, uint32_t generation, struct account *account)
{
	json_t *record, *row;
	size_t i;

	assert_int_equal(
		kernel_record_of(applied->kernel, generation, &record, &applied->diagnostics), 0);
	json_array_foreach (json_object_get(record, "counters"), i, row)
		take_counter(account, (uint64_t)json_integer_value(json_array_get(row, 0)),
			     (uint64_t)json_integer_value(json_array_get(row, 1)));
	json_decref(record);
}

/* Of a generation that is in the kernel. */
static void take_counters(int map, struct account *account)
{
	struct counter counters[COUNTER_SLOTS(HAND_CLASSES, 0)];
	const size_t slots = sizeof(counters) / sizeof(counters[0]);

	assert_int_equal(counters_read(map, counters, slots), 0);
	for (size_t slot = 0; slot < slots; slot++)
		take_counter(account, slot, counters[slot].packets);
}

static void open_ledger(struct applied *applied, struct ledger *ledger, uint32_t most)
{
	*ledger = (struct ledger){.most = most, .lossy = applied->options.inside_count > 0};
	ledger->accounts = calloc(most + 1, sizeof(*ledger->accounts));
	assert_non_null(ledger->accounts);
	assert_int_equal(kernel_events_open(applied->kernel, hear, ledger, &ledger->events,
					    &applied->diagnostics),
			 0);
}

/* The last events; after this nothing comes. */
static void close_events(struct applied *applied, struct ledger *ledger)
{
	uint64_t lost;

	for (int silent = 0, got; silent < FLOOD_SETTLE; silent = got ? 0 : silent + 50) {
		got = kernel_events_poll(ledger->events, 50);
		assert_true(got >= 0);
	}
	kernel_events_close(ledger->events);
	assert_int_equal(kernel_events_lost(applied->kernel, &lost), 0);
	assert_int_equal(lost, 0);
}

static void balance_sent(const struct ledger *ledger, uint64_t sent, uint64_t found)
{
	if (ledger->lossy)
		assert_true(found <= sent && found > 0);
	else
		assert_int_equal(found, sent);
}

static void balance_class(const struct ledger *ledger, enum hand_class class)
{
	uint64_t sent = 0, arrived = 0, judged = 0, allowed = 0;

	for (size_t i = 0; i < FLOOD_TARGETS; i++) {
		if (flood_targets[i].class != class)
			continue;
		sent += flood.sent[i];
		arrived += flood.arrived[i];
	}
	for (uint32_t generation = 1; generation <= ledger->most; generation++) {
		uint64_t packets = ledger->accounts[generation].judged[class];

		judged += packets;
		allowed += denied_by(generation) == class ? 0 : packets;
	}
	balance_sent(ledger, sent, judged);
	assert_int_equal(arrived, allowed);
}

static void balance(struct ledger *ledger, const char *how, unsigned swaps)
{
	uint64_t sent = 0, arrived = 0;
	uint32_t busy = 0;

	for (size_t i = 0; i < FLOOD_TARGETS; i++) {
		sent += flood.sent[i];
		arrived += flood.arrived[i];
	}
	print_message("# %u swaps by %s under %llu packets, of which %llu arrived\n", swaps, how,
		      (unsigned long long)sent, (unsigned long long)arrived);
	for (size_t i = 0; i < CLASSES_TESTED; i++)
		balance_class(ledger, classes[i]);
	for (size_t i = 0; i < FLOOD_TARGETS; i++)
		balance_sent(ledger, flood.sent[i], flood.arrived[i] + ledger->denied[i]);
	for (uint32_t generation = 1; generation <= ledger->most; generation++) {
		const struct account *account = &ledger->accounts[generation];

		assert_int_equal(account->denied, account->judged[denied_by(generation)]);
		busy += account->denied > 0;
	}
	/* Without this the swaps could all have been where no packet was. On a busy machine the
	 * flood may miss a generation, but not most of them. */
	assert_true(2 * busy > ledger->most);
	assert_int_equal(ledger->strangers, 0);
	if (soaking())
		assert_true(sent >= PACKETS_SOAK);
	free(ledger->accounts);
}

/* Generation after generation by kernel_apply(), each with the other table. */
static void take_turns(struct applied *applied, unsigned swaps, const char *how)
{
	struct ledger ledger;

	applied->options.flow_interval_ns = INTERVAL_MS * 1000000ull;
	assert_int_equal(applied_apply(applied, applied->table), 1);
	open_ledger(applied, &ledger, swaps + 1);
	flood_start(&flood);
	for (unsigned i = 0; i < swaps; i++) {
		applied_apply(applied, i % 2 ? applied->table : applied->swapped);
		/* Now that it is over; few records are kept for long. */
		take_recorded(applied, i + 1, &ledger.accounts[i + 1]);
		assert_true(kernel_events_poll(ledger.events, 0) >= 0);
	}
	flood_stop(&flood);
	close_events(applied, &ledger);
	int counters = generation_map(applied->kernel, swaps + 1, "counters");
	take_counters(counters, &ledger.accounts[swaps + 1]);
	close(counters);
	balance(&ledger, how, swaps);
}

static void test_applies_on_tcx(void **state)
{
	applied_needs_tcx();
	take_turns(*state, soaking() ? APPLIES_SOAK : APPLIES, "apply on tcx");
}

static void test_applies_on_clsact(void **state)
{
	struct applied *applied = *state;

	applied->options.without = LAYER_BIT(LAYER_TCX);
	take_turns(applied, soaking() ? APPLIES_OTHER_SOAK : APPLIES, "apply on clsact");
}

/* What stays open of a generation stays in the kernel after it is retired. */
struct held {
	struct programs programs;
	int counters;
};

static void hold(struct applied *applied, uint32_t generation, struct held *held)
{
	assert_int_equal(generation_programs(applied->kernel, generation, &held->programs), 0);
	held->counters = generation_map(applied->kernel, generation, "counters");
	assert_true(held->counters >= 0);
}

static int guard_link(const struct applied *applied)
{
	uint32_t ifindex = if_nametoindex(FLOOD_NEAR);
	struct own_link own[OWN_MOST];
	size_t count;

	assert_int_equal(tcx_find(ifindex, own, &count), 0);
	assert_int_equal(count, 1);
	return tcx_open(applied->kernel, ifindex, own[0].link);
}

static int gateway_link(const struct applied *applied)
{
	uint32_t ifindex = if_nametoindex(FLOOD_FAR);
	struct xdp_found found;

	assert_int_equal(xdp_find(ifindex, &found), 0);
	assert_true(found.ours);
	return xdp_open(applied->kernel, ifindex, found.program);
}

static void swap_fast(struct applied *applied, const char *how)
{
	bool gateway = applied->options.inside_count > 0;
	unsigned swaps = gateway ? FAST_XDP : soaking() ? FAST_SOAK : FAST;
	struct held held[2];
	struct ledger ledger;
	int program[2];

	if (!gateway)
		applied_needs_tcx();
	applied->options.flow_interval_ns = INTERVAL_MS * 1000000ull;
	assert_int_equal(applied_apply(applied, applied->table), 1);
	hold(applied, 1, &held[0]);
	assert_int_equal(applied_apply(applied, applied->swapped), 2);
	hold(applied, 2, &held[1]);
	for (int i = 0; i < 2; i++)
		program[i] = gateway ? held[i].programs.gateway[FORM_ETHERNET]
				     : held[i].programs.fd[FORM_ETHERNET];
	int link = gateway ? gateway_link(applied) : guard_link(applied);
	assert_true(link >= 0);
	open_ledger(applied, &ledger, 2);
	flood_start(&flood);
	for (unsigned i = 0; i < swaps; i++) {
		assert_int_equal(link_update(link, program[i % 2], program[(i + 1) % 2]), 0);
		if (i % FAST_POLL == 0)
			assert_true(kernel_events_poll(ledger.events, 0) >= 0);
	}
	flood_stop(&flood);
	close_events(applied, &ledger);
	for (uint32_t i = 0; i < 2; i++) {
		take_counters(held[i].counters, &ledger.accounts[i + 1]);
		programs_close(&held[i].programs);
		close(held[i].counters);
	}
	close(link);
	balance(&ledger, how, swaps);
}

static void test_fast_swaps(void **state)
{
	applied_needs_tcx();
	swap_fast(*state, "link update on tcx");
}

/* What the near end sends is judged at the far end alone. */
static int gateway_set_up(void **state)
{
	static char *inside[] = {(char *)FLOOD_FAR}, *elsewhere[] = {(char *)"gone1"};
	int error = applied_set_up(state);
	struct applied *applied = *state;

	applied->options.inside = inside;
	applied->options.guard = elsewhere;
	applied->options.inside_count = applied->options.guard_count = 1;
	return error;
}

static void test_applies_on_xdp(void **state)
{
	take_turns(*state, soaking() ? APPLIES_OTHER_SOAK : APPLIES, "apply on xdp");
}

static void test_fast_swaps_on_xdp(void **state)
{
	swap_fast(*state, "link update on xdp");
}

static int tear_down(void **state)
{
	flood_abandon(&flood);
	return applied_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_applies_on_tcx, applied_set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_applies_on_clsact, applied_set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fast_swaps, applied_set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_applies_on_xdp, gateway_set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fast_swaps_on_xdp, gateway_set_up, tear_down),
	};

	namespace_make();
	/* Only the flood may use the wire: without IPv6 the links say nothing by themselves. */
	if (system("sysctl -qw net.ipv6.conf." FLOOD_NEAR ".disable_ipv6=1 "
		   "net.ipv6.conf." FLOOD_FAR ".disable_ipv6=1"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
