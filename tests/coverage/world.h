/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program on the shim and the same program in the kernel, over one verdict table. */
#ifndef GABELOU_TESTS_COVERAGE_WORLD_H
#define GABELOU_TESTS_COVERAGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>

#include "maps/control.h"
#include "tests/coverage/shim.h"
#include "tests/prog/corpus.h"
#include "tests/prog/corpus_table.h"
#include "userspace/kernel/kernel.h"

#define FLOW_INTERVAL 1000

/* The programs' answers: tc's and XDP's. */
#define ANSWER_PASS (shim_is_gateway ? 2 : -1)
#define ANSWER_DROP (shim_is_gateway ? 1 : 2)

struct outcome {
	int answer;
	uint32_t words[TRIAL_WORDS];
};

static struct table *world_table;
static struct kernel_trial *world_trial;
static struct counter world_counters[COUNTER_SLOTS(CORPUS_CLASSES, ROW_ENTRIES_MOST)];

/* A kernel in good times, a trial, nothing seen yet. */
static int world_reset(void **state)
{
	(void)state;
	shim = (struct shim){
		.kernel = {.has_fields = true, .flows_most = SHIM_FLOWS, .now = 5000, .tai = 5000},
		.counters = world_counters,
		.counter_count = COUNTER_SLOTS(CORPUS_CLASSES, 0),
	};
	memset(world_counters, 0, sizeof(world_counters));
	*shim_config = (struct guard_config){
		.flow_interval = FLOW_INTERVAL, .control = CONTROL_DEFAULT, .trial = true};
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		shim.sections[i] = world_table->sections[i].bytes;
		shim_config->sizes[i] = (uint32_t)world_table->sections[i].size;
	}
	bpf_cast_to_kern_ctx = bpf_xdp_pull_data = true;
	return 0;
}

static int world_open(void **state)
{
	static char *inside[] = {(char *)"*"};
	const struct kernel_options options = {
		.control = CONTROL_DEFAULT, .inside = inside, .inside_count = 1};
	struct diagnostics diagnostics = {0};
	char text[2048];

	world_table = corpus_table(&diagnostics);
	int error = kernel_trial_open(world_table, &options, &world_trial, &diagnostics);
	for (size_t i = 0; i < diagnostics.count; i++)
		fprintf(stderr, "# %s\n",
			diagnostic_format(&diagnostics.items[i], text, sizeof(text)));
	diagnostics_free(&diagnostics);
	return error ? error : world_reset(state);
}

static int world_close(void **state)
{
	(void)state;
	kernel_trial_close(world_trial);
	table_free(world_table);
	return 0;
}

/* What the kernel says of a frame by itself, as BPF_PROG_RUN and every driver do it
 * (eth_type_trans): a length is LLC, or of a Novell frame "802.3". */
static uint16_t world_told(const uint8_t *frame, size_t size)
{
	uint16_t type;

	if (size < ETHERNET_SIZE)
		return 0;
	memcpy(&type, frame + 12, sizeof(type));
	if (ntohs(type) >= ETH_P_802_3_MIN)
		return type;
	return htons(size >= 16 && frame[14] == 0xff && frame[15] == 0xff ? ETH_P_802_3
									  : ETH_P_802_2);
}

static struct shim_packet world_packet(const struct frame *frame, bool layer3)
{
	size_t skip = layer3 ? ETHERNET_SIZE : 0;
	struct shim_packet packet = {
		.bytes = frame->bytes + skip,
		.length = (uint32_t)(frame->length - skip),
	};

	packet.protocol = world_told(packet.bytes, packet.length);
	return packet;
}

static struct outcome world_run(const struct shim_packet *packet, bool layer3)
{
	struct outcome outcome = {0};

	outcome.answer = shim_run(packet, layer3, outcome.words);
	return outcome;
}

static struct outcome world_run_frame(const struct frame *frame)
{
	struct shim_packet packet = world_packet(frame, false);

	return world_run(&packet, false);
}

/* The form of that name, to an approved destination. */
static struct frame world_form(const char *name)
{
	struct ends ends = {.source_mac = {2, [5] = 1},
			    .destination_mac = {2, [5] = 2},
			    .source4 = {10, 88, 0, 2},
			    .source6 = {0xfd, [15] = 2}};
	struct frame frame = {0};

	inet_pton(AF_INET, corpus_v4[0], ends.destination4);
	inet_pton(AF_INET6, corpus_v6[0], ends.destination6);
	for (size_t i = 0; i < FRAME_FORMS; i++)
		if (strcmp(forms[i].name, name) == 0)
			forms[i].build(&frame, &ends, forms[i].argument);
	assert_true(frame.length);
	return frame;
}

/* The same to a destination that the table denies. */
static struct frame world_denied(const char *name)
{
	struct frame frame = world_form(name);

	if (frame.bytes[frame.ip] >> 4 == 4)
		frame.bytes[frame.ip + 16] = 192;
	else
		frame.bytes[frame.ip + 24] = 0x2a;
	return frame;
}

static void world_expect(const struct outcome *outcome, enum reason reason, const char *what)
{
	if (outcome->words[TRIAL_REASON] != reason)
		fail_msg("%s: %s, and not %s", what,
			 reason_name((enum reason)outcome->words[TRIAL_REASON]),
			 reason_name(reason));
}

#endif
