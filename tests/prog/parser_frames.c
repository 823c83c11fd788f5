// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes frames of the corpus, each with what the guard and the gateway say of it (BPF_PROG_RUN),
 * to standard output, for tests/parser/compare.py.
 *
 *   parser_frames SEED FIRST COUNT
 *
 * First a line "gabelou frames" and the names of all reasons in the order of their numbers. Then
 * for each frame a record: struct record in little-endian order, and the frame.
 */
#include <errno.h>
#include <stdio.h>

#include "maps/control.h"
#include "tests/prog/corpus.h"
#include "tests/prog/corpus_table.h"
#include "userspace/kernel/kernel.h"

enum form_flag {
	NOT_RUN = 0xff, /* a verdict: BPF_PROG_RUN refuses the frame, it is too short for tc */
};

struct word {
	uint8_t verdict, reason;
};

struct record {
	uint16_t length;
	struct word guard, gateway;               /* the frame */
	struct word guard_layer3, gateway_layer3; /* the same without its Ethernet header */
} __attribute__((packed));

static struct word run(struct kernel_trial *trial, enum kernel_program program, bool link_header,
		       const struct frame *frame)
{
	size_t skip = link_header ? 0 : ETHERNET_SIZE;
	struct kernel_outcome outcome;
	int error = kernel_trial_run(trial, program, link_header, frame->bytes + skip,
				     frame->length - skip, &outcome);

	if (error == -EINVAL)
		return (struct word){NOT_RUN, 0};
	if (error) {
		fprintf(stderr, "parser_frames: BPF_PROG_RUN: %s\n", strerror(-error));
		exit(2);
	}
	return (struct word){(uint8_t)outcome.decision.verdict, (uint8_t)outcome.decision.reason};
}

static void write_frame(struct kernel_trial *trial, const struct frame *frame)
{
	struct record record = {
		.length = (uint16_t)frame->length,
		.guard = run(trial, KERNEL_GUARD, true, frame),
		.gateway = run(trial, KERNEL_GATEWAY, true, frame),
		.guard_layer3 = run(trial, KERNEL_GUARD, false, frame),
		.gateway_layer3 = run(trial, KERNEL_GATEWAY, false, frame),
	};

	if (fwrite(&record, sizeof(record), 1, stdout) != 1 ||
	    fwrite(frame->bytes, frame->length, 1, stdout) != 1) {
		perror("parser_frames");
		exit(2);
	}
}

static struct kernel_trial *open_trial(void)
{
	static char *inside[] = {(char *)"*"};
	const struct kernel_options options = {
		.control = CONTROL_DEFAULT, .inside = inside, .inside_count = 1};
	struct diagnostics diagnostics = {0};
	struct table *table = corpus_table(&diagnostics);
	struct kernel_trial *trial = NULL;
	char text[2048];

	kernel_trial_open(table, &options, &trial, &diagnostics);
	for (size_t i = 0; i < diagnostics.count; i++)
		fprintf(stderr, "parser_frames: %s\n",
			diagnostic_format(&diagnostics.items[i], text, sizeof(text)));
	table_free(table);
	diagnostics_free(&diagnostics);
	return trial;
}

int main(int argc, char **argv)
{
	static struct frame frame;

	if (argc != 4) {
		fprintf(stderr, "usage: parser_frames SEED FIRST COUNT\n");
		return 2;
	}
	uint64_t seed = strtoull(argv[1], NULL, 10), first = strtoull(argv[2], NULL, 10);
	uint64_t count = strtoull(argv[3], NULL, 10);
	struct kernel_trial *trial = open_trial();

	if (!trial)
		return 2;
	printf("gabelou frames");
	for (int i = 0; i < REASON_COUNT; i++)
		printf(" %s", reason_name((enum reason)i));
	printf("\n");
	for (uint64_t i = first; i < first + count; i++) {
		corpus_frame(&frame, seed, i);
		write_frame(trial, &frame);
	}
	kernel_trial_close(trial);
	return fflush(stdout) ? 2 : 0;
}
