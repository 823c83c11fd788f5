/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of an apply share: a fixture in a namespace of its own, and frames on its wires.
 */
#ifndef GABELOU_TESTS_PROG_APPLIED_H
#define GABELOU_TESTS_PROG_APPLIED_H

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "maps/control.h"
#include "tests/prog/hand_table.h"
#include "tests/prog/namespace.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/layers.h"
#include "userspace/kernel/packet.h"

#define PATIENCE_MS 60000 /* for what must happen: a busy machine takes its time */
#define REFUSED_MS  20    /* for what the kernel said it dropped */

struct applied {
	struct diagnostics diagnostics;
	struct kernel *kernel;
	struct table *table, *swapped; /* what one allows, the other denies */
	struct kernel_options options;
};

/* Those of @layers that this kernel lacks. */
static inline uint32_t applied_lacks(uint32_t layers)
{
	static uint32_t known, present;

	if (layers & ~known) {
		present |= layers_probe(layers & ~known);
		known |= layers;
	}
	return layers & ~present;
}

/* Where there is no backstop to be had, none is asked for: an apply would say each time that there
 * is none, and most tests are about something else. */
static inline int applied_set_up(void **state)
{
	struct applied *applied = calloc(1, sizeof(*applied));

	applied->table = hand_table(false, NULL, &applied->diagnostics);
	applied->swapped = hand_table(true, NULL, &applied->diagnostics);
	applied->options.control = CONTROL_DEFAULT;
	if (applied_lacks(LAYERS_OF_BACKSTOP))
		applied->options.without = LAYERS_OF_BACKSTOP;
	*state = applied;
	int error = kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics);
	namespace_say(&applied->diagnostics);
	return error;
}

static inline int applied_tear_down(void **state)
{
	struct applied *applied = *state;

	kernel_close(applied->kernel);
	namespace_clean();
	table_free(applied->table);
	table_free(applied->swapped);
	diagnostics_free(&applied->diagnostics);
	free(applied);
	return 0;
}

static inline void applied_sleep_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

static inline int applied_exit_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Closes and opens again, as the next process would. */
static inline void applied_reopen(struct applied *applied)
{
	kernel_close(applied->kernel);
	applied->kernel = NULL;
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
}

static inline uint32_t applied_apply(struct applied *applied, const struct table *table)
{
	uint32_t generation = 0;
	json_t *record = json_pack("{s:s}", "policy", "by hand");
	int error = kernel_apply(applied->kernel, table, &applied->options, record, &generation,
				 &applied->diagnostics);

	json_decref(record);
	kernel_retire(applied->kernel, &applied->diagnostics);
	if (error)
		namespace_say(&applied->diagnostics);
	assert_int_equal(error, 0);
	return generation;
}

static inline struct kernel_interface applied_interface(struct applied *applied, const char *name)
{
	struct kernel_interface *interfaces, found = {0};
	size_t count;

	assert_int_equal(
		kernel_interfaces(applied->kernel, &interfaces, &count, &applied->diagnostics), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(interfaces[i].name, name) == 0)
			found = interfaces[i];
	free(interfaces);
	assert_true(found.ifindex > 0);
	return found;
}

/* Says which of @layers the test needs and the kernel lacks, for scripts/run-tests to show. */
static inline bool applied_misses(const char *test, uint32_t layers)
{
	uint32_t lacking = applied_lacks(layers);

	for (enum layer layer = 0; layer < LAYERS; layer++)
		if (lacking & LAYER_BIT(layer))
			printf("# SKIP %s: this kernel lacks %s (Linux %s)\n", test,
			       layer_name(layer), layer_since(layer));
	return lacking;
}

/* Skips the test that it stands in unless the kernel has all of @layers. */
#define applied_needs(layers)                           \
	do {                                            \
		if (applied_misses(__func__, (layers))) \
			skip();                         \
	} while (0)
#define applied_needs_tcx() applied_needs(LAYER_BIT(LAYER_TCX))

/* Where this kernel has the guard if nothing is forced. */
static inline enum hook applied_hook(void)
{
	return tcx_supported() ? HOOK_TCX : HOOK_CLSACT;
}

/* The id of the guard's program on a hook; 0: there is none. */
static inline uint32_t applied_program_at(const char *name, enum hook hook)
{
	struct own_link own[OWN_MOST];
	uint32_t ifindex = if_nametoindex(name), program;
	size_t count;

	if (hook == HOOK_CLSACT)
		return clsact_find(ifindex, &program) == 0 ? program : 0;
	assert_int_equal(tcx_find(ifindex, own, &count), 0);
	assert_true(count <= 1);
	return count ? own[0].program : 0;
}

static inline uint32_t applied_program(const char *name)
{
	return applied_program_at(name, applied_hook());
}

/* The id of the guard's link; 0: there is none. */
static inline uint32_t applied_link(const char *name)
{
	struct own_link own[OWN_MOST];
	size_t count;

	assert_int_equal(tcx_find(if_nametoindex(name), own, &count), 0);
	assert_true(count <= 1);
	return count ? own[0].link : 0;
}

static inline int applied_tap(const char *name)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(tap >= 0);
	assert_int_equal(bind(tap, (struct sockaddr *)&at, sizeof(at)), 0);
	return tap;
}

/* Waits for @condition, which must come true. */
#define applied_await(condition)                                                         \
	do {                                                                             \
		for (int waited = 0; !(condition) && waited < PATIENCE_MS; waited += 10) \
			applied_sleep_ms(10);                                            \
		assert_true(condition);                                                  \
	} while (0)

/* Sends a frame out of @from. False: the kernel says that it was dropped there. */
static inline bool applied_send_frame(const char *from, const uint8_t *frame, size_t size)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = *(const uint16_t *)(frame + 2 * ETH_ALEN),
		.sll_ifindex = (int)if_nametoindex(from),
	};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(raw >= 0);
	bool sent = sendto(raw, frame, size, 0, (struct sockaddr *)&at, sizeof(at)) >= 0;
	if (!sent)
		assert_int_equal(errno, ENOBUFS);
	close(raw);
	return sent;
}

/* Sends one datagram's frame out of @from. False: it was dropped there. */
static inline bool applied_send(const char *from, const char *address)
{
	uint8_t frame[PACKET_MOST];
	size_t size = packet_udp(hand_address(address), frame);

	return applied_send_frame(from, frame, size);
}

/* An ARP probe (RFC 5227) for an address that nobody has: as control traffic it passes a guard and
 * a gateway. No two are alike. */
static inline size_t applied_fence(uint8_t frame[PACKET_MOST])
{
	static const uint8_t arp[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};
	static uint32_t fences;

	memset(frame, 0, PACKET_MOST);
	memset(frame, 0xff, ETH_ALEN);
	frame[ETH_ALEN] = 2;
	memcpy(frame + 2 * ETH_ALEN, arp, sizeof(arp));
	frame[22] = 2;
	fences++;
	memcpy(frame + 24, &fences, sizeof(fences));
	frame[38] = 203, frame[40] = 113, frame[41] = 250;
	return ETH_HLEN + 28;
}

/* Reads at the tap's end until one of two frames comes in: 0 or 1; -1: neither did within @ms.
 * Whatever else comes (ND...) is passed over. */
static inline int applied_first_of(int tap, const uint8_t *const frames[2], const size_t sizes[2],
				   int ms)
{
	struct pollfd wait = {.fd = tap, .events = POLLIN};
	uint8_t frame[2048];

	while (poll(&wait, 1, ms) > 0) {
		struct sockaddr_ll from;
		socklen_t length = sizeof(from);
		ssize_t got =
			recvfrom(tap, frame, sizeof(frame), 0, (struct sockaddr *)&from, &length);

		for (int i = 0; i < 2 && from.sll_pkttype != PACKET_OUTGOING; i++)
			if (got == (ssize_t)sizes[i] && memcmp(frame, frames[i], sizes[i]) == 0)
				return i;
	}
	return -1;
}

/* Both are sent by one CPU, so that they stay in line. */
static inline void applied_stay(cpu_set_t *before)
{
	cpu_set_t here;

	assert_int_equal(sched_getaffinity(0, sizeof(*before), before), 0);
	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

/*
 * Sends a datagram out of @from: does it come out at @to? How long that takes is no matter: behind
 * it goes a frame that nothing stops, and if that comes first, the datagram was dropped. Where
 * nothing passes (the backstop), the kernel says at once that it dropped both.
 */
static inline bool applied_passes(const char *from, const char *to, const char *address)
{
	uint8_t datagram[PACKET_MOST], fence[PACKET_MOST];
	const uint8_t *const frames[] = {datagram, fence};
	const size_t sizes[] = {packet_udp(hand_address(address), datagram), applied_fence(fence)};
	int tap = applied_tap(to);
	cpu_set_t before;

	applied_stay(&before);
	bool sent = applied_send_frame(from, datagram, sizes[0]);
	bool fenced = applied_send_frame(from, fence, sizes[1]);
	sched_setaffinity(0, sizeof(before), &before);
	int first = applied_first_of(tap, frames, sizes, sent || fenced ? PATIENCE_MS : REFUSED_MS);
	close(tap);
	assert_true(first >= 0 || !(sent || fenced));
	return first == 0;
}

#define ALLOWED_V4 "198.51.100.7"
#define DENIED_V4  "192.0.2.99"
#define ALLOWED_V6 "2001:db8:a::7"
#define DENIED_V6  "2001:db8:b::7"

static inline bool applied_exists(const struct applied *applied, const char *name)
{
	char path[PATH_SIZE];
	struct stat status;

	assert_int_equal(path_join(path, applied->kernel->pins, "%s", name), 0);
	return lstat(path, &status) == 0;
}

#endif
