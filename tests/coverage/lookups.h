/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdict tables that nobody builds: sections cut short, entries that lead nowhere or in a circle.
 * The lookup reads nothing outside its sections (they end where their memory does) and denies.
 */
#ifndef GABELOU_TESTS_COVERAGE_LOOKUPS_H
#define GABELOU_TESTS_COVERAGE_LOOKUPS_H

#include <sys/mman.h>

#include "tests/coverage/world.h"

#define PAGE 4096

static void judge_all(void)
{
	for (size_t i = 0; i < sizeof(corpus_v4) / sizeof(corpus_v4[0]); i++) {
		struct frame frame = world_form("tcp4");

		inet_pton(AF_INET, corpus_v4[i], frame.bytes + frame.ip + 16);
		world_run_frame(&frame);
	}
	for (size_t i = 0; i < sizeof(corpus_v6) / sizeof(corpus_v6[0]); i++) {
		struct frame frame = world_form("tcp6");

		inet_pton(AF_INET6, corpus_v6[i], frame.bytes + frame.ip + 24);
		world_run_frame(&frame);
	}
}

/* A copy of a section's first @size bytes, with nothing readable behind. */
static uint8_t *cut(enum table_section section, size_t size)
{
	size_t pages = (size + PAGE - 1) / PAGE * PAGE;
	uint8_t *map = mmap(NULL, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + pages, PAGE, PROT_NONE), 0);
	uint8_t *start = map + pages - size;
	memcpy(start, world_table->sections[section].bytes, size);
	shim.sections[section] = start;
	shim_config->sizes[section] = (uint32_t)size;
	return start;
}

static void lookups_in_sections_cut_short(void **state)
{
	for (int section = 0; section < TABLE_SECTION_COUNT; section++) {
		size_t whole = world_table->sections[section].size;

		for (size_t i = 0; i < 40; i++) {
			size_t size = i < 20 ? whole / 20 * i / 8 * 8 : whole - (i - 20) * 8;

			if (size < 8 || size > whole)
				size = 8;
			world_reset(state);
			cut((enum table_section)section, size);
			judge_all();
		}
	}
}

static void lookups_that_lead_nowhere(void **state)
{
	struct frame four = world_form("tcp4"), six = world_form("tcp6");
	size_t blocks = world_table->sections[TABLE_V4_BLOCKS].size;
	uint8_t *bytes;
	struct outcome outcome;

	bytes = cut(TABLE_V4_BLOCKS, blocks); /* of 203.0.113.0/24, which has a block */
	four.bytes[four.ip + 16] = 203, four.bytes[four.ip + 17] = 0;
	four.bytes[four.ip + 18] = 113, four.bytes[four.ip + 19] = 17;
	outcome = world_run_frame(&four);
	world_expect(&outcome, REASON_RULE_ALLOW, "a block");
	memset(bytes + (size_t)0xcb00 * sizeof(uint32_t), 0x7f, sizeof(uint32_t));
	outcome = world_run_frame(&four);
	world_expect(&outcome, REASON_INTERNAL, "no such block");
	bytes = cut(TABLE_V4_BLOCKS, blocks);
	/* LOOKUP_V4_BASES_SIZE, then the one block: its fourth word and a half is "classes" */
	memset(bytes + 65536 * sizeof(uint32_t) + 36, 0x7f, sizeof(uint32_t));
	outcome = world_run_frame(&four);
	world_expect(&outcome, REASON_INTERNAL, "no such class in a block");

	world_reset(state);
	uint32_t *nodes = (uint32_t *)(void *)cut(TABLE_V6_NODES, 64);
	for (size_t i = 0; i < 64 / sizeof(*nodes); i++)
		nodes[i] = 4; /* a stride of 4 to the same node */
	uint32_t *roots =
		(uint32_t *)(void *)cut(TABLE_V6_ROOT, world_table->sections[TABLE_V6_ROOT].size);
	roots[0x2001] = 4;
	outcome = world_run_frame(&six);
	assert_int_equal(outcome.words[TRIAL_VERDICT], VERDICT_DENY);
}

/* What is inside an IPv6 address may be local: but not from there. Or no row says what it is. */
static void lookups_of_what_is_inside(void **state)
{
	struct frame six = world_form("tcp6");
	struct class_row *rows =
		(struct class_row *)(void *)cut(TABLE_ROWS, world_table->sections[TABLE_ROWS].size);
	struct outcome outcome;

	(void)state;
	inet_pton(AF_INET6, "64:ff9b::198.51.100.7", six.bytes + six.ip + 24);
	outcome = world_run_frame(&six);
	world_expect(&outcome, REASON_RULE_ALLOW, "inside and approved");
	rows[HAND_ALLOWED].reason = REASON_LOCAL;
	outcome = world_run_frame(&six);
	world_expect(&outcome, REASON_SPECIAL, "inside and local");
	uint16_t *classes =
		(uint16_t *)(void *)cut(TABLE_V4_ROOT, world_table->sections[TABLE_V4_ROOT].size);
	classes[0xc63364] = 1000;
	outcome = world_run_frame(&six);
	world_expect(&outcome, REASON_INTERNAL, "inside, and of no row");
}

/* RFC 6052, section 2.4: 192.0.2.33 behind a prefix of each length, and so here. */
static void lookups_through_translators(void **state)
{
	static const char *const texts[] = {
		"2002:b8a:c633:6407::", "2002:b8a:1c6:3364:7::", "2002:b8a:122:c633:64:700::",
		"2002:b8a:122:3c6:33:6407::", "2002:b8a:122:344:c6:3364:700::"};
	struct class_row *rows =
		(struct class_row *)(void *)cut(TABLE_ROWS, world_table->sections[TABLE_ROWS].size);

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct frame six = world_form("tcp6");

		rows[CORPUS_6TO4].act = (uint8_t)(ROW_EMBEDDED_NAT64_32 + i);
		inet_pton(AF_INET6, texts[i], six.bytes + six.ip + 24);
		struct outcome outcome = world_run_frame(&six);
		world_expect(&outcome, REASON_RULE_ALLOW, texts[i]);
		rows[CORPUS_6TO4].act = ROW_EMBEDDED_6TO4;
		outcome = world_run_frame(&six);
		world_expect(&outcome, REASON_SOIL, texts[i]);
	}
}

#endif
