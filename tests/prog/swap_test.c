// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A swap nobody can catch: two policies that differ on every class take turns under a flood to two
 * destinations, and every packet is accounted for. Each must have been judged by one generation
 * (neither by none nor by two), by that generation's own table, and have arrived if it was allowed.
 * The events of the denied ones must name a generation that denies their destination.
 *
 * A few seconds; with GABELOU_SOAK=1 a thousand swaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "tests/prog/applied.h"

#define SWAPS_SHORT 24
#define SWAPS_SOAK  1000
#define INTERVAL_MS 200
#define SETTLE_MS   1500 /* the sums of the last flows */

/* The sums of one generation. Odd ones have the table, even ones the swapped table. */
struct account {
	uint64_t judged[2]; /* by the counters: [0] to ALLOWED_V4, [1] to DENIED_V4 */
	uint64_t logged;    /* packets in events */
};

struct ledger {
	struct account *accounts; /* by generation */
	uint32_t most;
	uint64_t strangers; /* events of a generation that allows the destination */
};

/* Which of the two destinations does a generation deny? */
static int denied_by(uint32_t generation)
{
	return generation % 2 == 1;
}

static void hear(const struct flow_event *event, void *context)
{
	struct ledger *ledger = context;
	uint8_t destinations[2][16] = {{0}};

	address_to_bytes(hand_address(ALLOWED_V4), destinations[0]);
	address_to_bytes(hand_address(DENIED_V4), destinations[1]);
	for (int i = 0; i < 2; i++) {
		if (memcmp(event->key.destination, destinations[i], 16) != 0)
			continue;
		if (event->key.generation == 0 || event->key.generation > ledger->most ||
		    denied_by(event->key.generation) != i || event->key.reason != REASON_SOIL)
			ledger->strangers += event->packets;
		else
			ledger->accounts[event->key.generation].logged += event->packets;
	}
}

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

/* Sends to the two in turn until it is told to stop; what it sent goes into the pipe. */
static void flood(int result)
{
	static const char *const addresses[2] = {ALLOWED_V4, DENIED_V4};
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex("gone0"),
	};
	uint8_t frames[2][PACKET_MOST];
	size_t sizes[2];
	uint64_t sent[2] = {0};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	for (int i = 0; i < 2; i++)
		sizes[i] = packet_udp(hand_address(addresses[i]), frames[i]);
	for (int i = 0; !stop; i = !i) {
		/* A dropped frame is ENOBUFS to a packet socket: it was judged like the others. */
		if (sendto(raw, frames[i], sizes[i], 0, (struct sockaddr *)&at, sizeof(at)) < 0 &&
		    errno != ENOBUFS)
			break;
		sent[i]++;
	}
	_exit(write(result, sent, sizeof(sent)) == sizeof(sent) && stop ? 0 : 1);
}

/* /proc/net/dev, for /sys/class/net is that of the namespace in which it was mounted. */
static uint64_t received_by(const char *name)
{
	FILE *file = fopen("/proc/self/net/dev", "r");
	char line[512], link[32];
	unsigned long long bytes, packets, found = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %31[^:]: %llu %llu", link, &bytes, &packets) == 3 &&
		    strcmp(link, name) == 0)
			found = packets;
	fclose(file);
	return found;
}

static void take_counter(struct account *account, uint64_t slot, uint64_t packets)
{
	if (slot == COUNTER_OF_ROW(HAND_ALLOWED))
		account->judged[0] = packets;
	if (slot == COUNTER_OF_ROW(HAND_DENIED))
		account->judged[1] = packets;
}

/* The counters of the generations that are over, from their records; of the last one, as they are.
 */
static void take_counters(struct applied *applied, struct ledger *ledger, uint32_t last)
{
	struct counter *counters;
	size_t count;

	for (uint32_t generation = 1; generation < last; generation++) {
		json_t *record, *row;
		size_t i;

		assert_int_equal(kernel_record_of(applied->kernel, generation, &record,
						  &applied->diagnostics),
				 0);
		json_array_foreach (json_object_get(record, "counters"), i, row)
			take_counter(&ledger->accounts[generation],
				     (uint64_t)json_integer_value(json_array_get(row, 0)),
				     (uint64_t)json_integer_value(json_array_get(row, 1)));
		json_decref(record);
	}
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	for (size_t slot = 0; slot < count; slot++)
		take_counter(&ledger->accounts[last], slot, counters[slot].packets);
	free(counters);
}

static void take_turns(struct applied *applied, struct kernel_events *events, unsigned swaps)
{
	for (unsigned i = 0; i < swaps; i++) {
		applied_apply(applied, i % 2 ? applied->table : applied->swapped);
		assert_true(kernel_events_poll(events, 0) >= 0);
	}
}

static void test_every_packet_has_one_generation(void **state)
{
	struct applied *applied = *state;
	unsigned swaps = getenv("GABELOU_SOAK") ? SWAPS_SOAK : SWAPS_SHORT;
	struct ledger ledger = {.most = swaps + 1};
	struct kernel_events *events;
	uint64_t sent[2], judged[2] = {0}, allowed = 0, lost;
	int result[2];

	ledger.accounts = calloc(ledger.most + 1, sizeof(*ledger.accounts));
	applied->options.flow_interval_ns = INTERVAL_MS * 1000000ull;
	applied_apply(applied, applied->table);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &ledger, &events, &applied->diagnostics),
		0);
	assert_int_equal(pipe(result), 0);
	uint64_t before = received_by("far0");
	signal(SIGUSR1, on_stop);
	pid_t child = fork();
	if (child == 0)
		flood(result[1]);
	take_turns(applied, events, swaps);
	kill(child, SIGUSR1);
	assert_int_equal(applied_exit_of(child), 0);
	assert_int_equal(read(result[0], sent, sizeof(sent)), sizeof(sent));
	for (int waited = 0; waited < SETTLE_MS; waited += 50)
		assert_true(kernel_events_poll(events, 50) >= 0);
	uint64_t arrived = received_by("far0") - before;
	take_counters(applied, &ledger, swaps + 1);

	for (uint32_t generation = 1; generation <= ledger.most; generation++) {
		const struct account *account = &ledger.accounts[generation];

		judged[0] += account->judged[0];
		judged[1] += account->judged[1];
		allowed += account->judged[!denied_by(generation)];
		assert_int_equal(account->logged, account->judged[denied_by(generation)]);
	}
	print_message("# %u swaps, %llu packets, %llu allowed, %llu arrived\n", swaps,
		      (unsigned long long)(sent[0] + sent[1]), (unsigned long long)allowed,
		      (unsigned long long)arrived);
	assert_int_equal(judged[0], sent[0]);
	assert_int_equal(judged[1], sent[1]);
	assert_int_equal(arrived, allowed);
	assert_int_equal(ledger.strangers, 0);
	assert_int_equal(kernel_events_lost(applied->kernel, &lost), 0);
	assert_int_equal(lost, 0);
	kernel_events_close(events);
	close(result[0]);
	close(result[1]);
	free(ledger.accounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_packet_has_one_generation,
						applied_set_up, applied_tear_down),
	};

	namespace_make();
	/* Only the flood may use the wire: without IPv6 the links say nothing by themselves. */
	if (system("sysctl -qw net.ipv6.conf.gone0.disable_ipv6=1 "
		   "net.ipv6.conf.far0.disable_ipv6=1"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
