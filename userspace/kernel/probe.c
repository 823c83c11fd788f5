// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/probe.h"

#include <errno.h>
#include <string.h>

#include "userspace/kernel/message.h"
#include "userspace/kernel/packet.h"
#include "userspace/kernel/trial.h"

#define SAMPLES   1024       /* a family */
#define SEARCH_V4 (1u << 19) /* finds what has a /18 or more, in some 20 ms */
#define SEARCH_V6 (1u << 16)
#define GOLDEN    0x9e3779b97f4a7c15ull /* 2^64 / golden ratio: spreads consecutive numbers */

/* Where IPv6 is: what the registries hand out (IANA, IPv6 Global Unicast Address Assignments), and
 * special space, with the forms that carry an IPv4 address. */
static const struct {
	u128 base;
	unsigned length;
} blocks_v6[] = {
	{(u128)0x2001 << 112, 16},    {(u128)0x2400 << 112, 12}, {(u128)0x2600 << 112, 12},
	{(u128)0x2800 << 112, 12},    {(u128)0x2a00 << 112, 11}, {(u128)0x2002 << 112, 16},
	{(u128)0x20010000 << 96, 32}, {(u128)0xfc00 << 112, 7},  {(u128)0xfe80 << 112, 10},
	{(u128)0xff00 << 112, 8},     {(u128)0xffff << 32, 96},  {0, 0},
	{(u128)0x0064ff9b << 96, 96},
};

struct probe {
	struct kernel_trial *trial;
	enum kernel_program program;
	const struct table *table;
	struct diagnostics *diagnostics;
};

static int differ(const struct probe *probe, struct address address, const struct decision *got,
		  const struct decision *want)
{
	char text[ADDRESS_TEXT_SIZE];

	return message(probe->diagnostics, -EBADMSG,
		       "the new generation was not put in force: for %s the %s says %s (%s), "
		       "the table %s (%s)",
		       address_format(address, text),
		       probe->program == KERNEL_GATEWAY ? "kernel's gateway" : "kernel",
		       got->verdict ? "allow" : "deny",
		       got->reason < REASON_COUNT ? reason_name(got->reason) : "?",
		       want->verdict ? "allow" : "deny", reason_name(want->reason));
}

static int probe_address(const struct probe *probe, struct address address)
{
	struct decision want = table_judge(probe->table, address), got;
	int error = kernel_trial_judge(probe->trial, probe->program, &address, 1, &got);

	if (error)
		return message(probe->diagnostics, error, "the new generation cannot be probed: %s",
			       strerror(-error));
	if (got.verdict != want.verdict || got.reason != want.reason || got.rule != want.rule ||
	    got.class != want.class)
		return differ(probe, address, &got, &want);
	return 0;
}

/* The nth of a sequence that covers the family evenly from its start. */
static struct address nth(enum family family, uint64_t n)
{
	uint64_t spread = (n + 1) * GOLDEN;
	size_t block = n % (sizeof(blocks_v6) / sizeof(blocks_v6[0]));

	if (family == FAMILY_V4)
		return (struct address){family, spread >> 32};
	return (struct address){family,
				blocks_v6[block].base | ((u128)spread << 64 | spread * GOLDEN) >>
								blocks_v6[block].length};
}

/* A sample, and the first address of each verdict; a table may have none of one. */
static int probe_family(const struct probe *probe, enum family family)
{
	uint64_t most = family == FAMILY_V4 ? SEARCH_V4 : SEARCH_V6;
	bool seen[] = {[VERDICT_DENY] = false, [VERDICT_ALLOW] = false};
	int error = 0;

	for (uint64_t n = 0; n < most && !error; n++) {
		struct address address = nth(family, n);
		enum verdict verdict = table_judge(probe->table, address).verdict;

		if (n < SAMPLES || !seen[verdict])
			error = probe_address(probe, address);
		seen[verdict] = true;
		if (n >= SAMPLES && seen[VERDICT_DENY] && seen[VERDICT_ALLOW])
			break;
	}
	return error;
}

/* One byte less than its headers say: denied under every policy, before the table is asked. (Frames
 * that are shorter than an IP header BPF_PROG_RUN itself refuses, since Linux 6.18.) */
static int probe_truncated(const struct probe *probe)
{
	uint8_t frame[PACKET_MOST];
	struct kernel_outcome outcome;
	size_t size = packet_udp(nth(FAMILY_V4, 0), frame);
	int error = kernel_trial_run(probe->trial, probe->program, true, frame, size - 1, &outcome);

	if (!error && outcome.decision.verdict == VERDICT_DENY &&
	    (outcome.decision.reason == REASON_TRUNCATED ||
	     outcome.decision.reason == REASON_IP_LENGTH))
		return 0;
	return message(probe->diagnostics, error ? error : -EBADMSG,
		       "the new generation was not put in force: it does not deny a truncated "
		       "frame%s%s",
		       error ? ": " : "", error ? strerror(-error) : "");
}

static int probe_program(const struct probe *probe)
{
	int error = 0;

	for (enum family family = 0; family < FAMILIES && !error; family++)
		error = probe_family(probe, family);
	return error ? error : probe_truncated(probe);
}

int probe_generation(const struct table *table, const struct kernel_options *options,
		     const struct sections *sections, struct diagnostics *diagnostics)
{
	struct probe probe = {.table = table, .diagnostics = diagnostics};
	int error = trial_open(table, options, sections, &probe.trial, diagnostics);

	if (error)
		return error;
	error = probe_program(&probe);
	probe.program = KERNEL_GATEWAY;
	if (!error && options->inside_count)
		error = probe_program(&probe);
	kernel_trial_close(probe.trial);
	return error;
}
