// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/counters.h"
#include "userspace/kernel/gateway.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/packet.h"
#include "userspace/kernel/replies.h"

struct kernel_trial {
	struct egress_bpf *skeleton;
	struct gateway_bpf *gateway; /* NULL: no port is inside */
	struct ingress_bpf *ingress; /* NULL: nothing is a reply */
};

int trial_open(const struct table *table, const struct kernel_options *options,
	       const struct sections *sections, struct kernel_trial **trial,
	       struct diagnostics *diagnostics)
{
	struct load_request request = {
		.table = table,
		.options = options,
		.trial = true,
		.sections = sections,
		.ethernet_only = sections != NULL,
		.unscoped = sections != NULL, /* whoever applies may be in one */
	};
	struct kernel_trial *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened)
		return message(diagnostics, -ENOMEM, "out of memory");
	error = load_generation(&request, &opened->skeleton, diagnostics);
	if (!error && options->inside_count)
		error = gateway_load(opened->skeleton, &opened->gateway, diagnostics);
	if (!error && !request.ethernet_only)
		error = replies_load(opened->skeleton, options, &opened->ingress, diagnostics);
	if (error) {
		kernel_trial_close(opened);
		return error;
	}
	*trial = opened;
	return 0;
}

int kernel_trial_open(const struct table *table, const struct kernel_options *options,
		      struct kernel_trial **trial, struct diagnostics *diagnostics)
{
	return trial_open(table, options, NULL, trial, diagnostics);
}

void kernel_trial_close(struct kernel_trial *trial)
{
	if (!trial)
		return;
	replies_destroy(trial->ingress);
	gateway_destroy(trial->gateway);
	loaded_destroy(trial->skeleton);
	free(trial);
}

static struct decision decision_of(const uint32_t words[TRIAL_WORDS])
{
	return (struct decision){
		.verdict = (enum verdict)words[TRIAL_VERDICT],
		.reason = (enum reason)words[TRIAL_REASON],
		.rule = (uint16_t)words[TRIAL_RULE],
		.class = (uint16_t)words[TRIAL_CLASS],
	};
}

static int run_guard(int program, const void *frame, size_t size, struct kernel_outcome *outcome)
{
	struct __sk_buff context = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (__u32)size,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .ctx_out = &context,
		    .ctx_size_out = sizeof(context), .repeat = 1);
	int error = bpf_prog_test_run_opts(program, &options);

	if (error)
		return error;
	*outcome = (struct kernel_outcome){(int)options.retval, decision_of(context.cb)};
	return 0;
}

/* The decision comes back in front of the frame. */
static int run_gateway(int program, const void *frame, size_t size, struct kernel_outcome *outcome)
{
	uint32_t words[TRIAL_WORDS];
	size_t most = sizeof(words) + size;
	uint8_t *out = malloc(most);
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (__u32)size,
		    .data_out = out, .data_size_out = (__u32)most, .repeat = 1);

	if (!out)
		return -ENOMEM;
	int error = bpf_prog_test_run_opts(program, &options);
	if (!error && options.data_size_out != most)
		error = -EBADMSG;
	if (!error) {
		memcpy(words, out, sizeof(words));
		*outcome = (struct kernel_outcome){(int)options.retval, decision_of(words)};
	}
	free(out);
	return error;
}

int kernel_trial_run(struct kernel_trial *trial, enum kernel_program program, bool link_header,
		     const void *frame, size_t size, struct kernel_outcome *outcome)
{
	enum form form = link_header ? FORM_ETHERNET : FORM_LAYER3;

	if (program == KERNEL_GATEWAY)
		return run_gateway(gateway_program(trial->gateway, form), frame, size, outcome);
	if (program == KERNEL_INGRESS)
		return run_guard(replies_program(trial->ingress, form), frame, size, outcome);
	return run_guard(loaded_program(trial->skeleton, form), frame, size, outcome);
}

int kernel_trial_age(struct kernel_trial *trial, uint64_t nanoseconds)
{
	return replies_age(trial->skeleton, nanoseconds);
}

int kernel_trial_counters(struct kernel_trial *trial, struct counter *counters, size_t count)
{
	return counters_read(loaded_map(trial->skeleton, "counters"), counters, count);
}

int kernel_trial_judge(struct kernel_trial *trial, enum kernel_program program,
		       const struct address *addresses, size_t count, struct decision *decisions)
{
	uint8_t frame[PACKET_MOST];

	for (size_t i = 0; i < count; i++) {
		struct kernel_outcome outcome;
		size_t size = packet_udp(addresses[i], frame);
		int error = kernel_trial_run(trial, program, true, frame, size, &outcome);

		if (error)
			return error;
		decisions[i] = outcome.decision;
	}
	return 0;
}
