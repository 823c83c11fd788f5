// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: of random packets both ways, in and out of order, with time going by, the kernel lets out
 * as answers what a model lets out that was written apart from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/prog/reply_world.h"

#define STEPS      60000
#define STEPS_SOAK 1000000

/* One other end, as the model has it. Times are the model's own seconds. */
struct model {
	struct peers peers;
	bool named;
	/* What is not proven. */
	bool asked, answered;
	uint64_t asked_at;
	uint32_t wants, carried, proof; /* TCP */
	unsigned credit;                /* datagrams */
	/* What is. */
	bool proven, remote_fin, own_fin;
	uint64_t heard_at;
	uint32_t reset_at; /* TCP: the number of a RST that is believed */
};

static const struct model fresh[] = {
	{.peers = {false, IPPROTO_TCP, 0x05050501, 40000, 443}, .named = true},
	{.peers = {false, IPPROTO_TCP, 0x05050501, 40001, 443}, .named = true},
	{.peers = {false, IPPROTO_TCP, 0x05050502, 40000, 443}, .named = true},
	{.peers = {false, IPPROTO_TCP, 0x05050502, 40000, 444}},
	{.peers = {true, IPPROTO_TCP, 0x05050501, 40000, 443}, .named = true},
	{.peers = {false, IPPROTO_UDP, 0x05050501, 40000, 50}, .named = true},
	{.peers = {false, IPPROTO_UDP, 0x05050501, 40000, 443}},
	{.peers = {true, IPPROTO_UDP, 0x05050501, 40000, 60}, .named = true},
	{.peers = {false, IPPROTO_ICMP, 0x05050501, 7, 0}, .named = true},
	{.peers = {true, IPPROTO_ICMPV6, 0x05050501, 7, 0}, .named = true},
};
#define MODELS (sizeof(fresh) / sizeof(fresh[0]))

static uint64_t model_now;
static uint64_t random_state = 1;
static size_t allowed, denied;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % below;
}

static bool is_asked(const struct model *model)
{
	return model->asked && model_now - model->asked_at < 75;
}

static bool is_proven(const struct model *model)
{
	uint64_t life = model->peers.protocol == IPPROTO_UDP  ? 300
			: model->remote_fin && model->own_fin ? 60
							      : 7440;

	return model->proven && model_now - model->heard_at < life;
}

static void prove(struct model *model)
{
	model->proven = true;
	model->remote_fin = model->own_fin = false;
	model->reset_at = model->wants;
	model->heard_at = model_now;
	model->asked = false;
}

static void ask(struct model *model, unsigned credit)
{
	if (!is_asked(model)) {
		model->answered = false;
		model->credit = 0;
	}
	model->asked = true;
	model->asked_at = model_now;
	model->credit = credit;
}

static void segment_came(struct model *model, const struct segment *segment)
{
	bool syn = segment->flags & SYN, ack = segment->flags & ACK, rst = segment->flags & RST,
	     fin = segment->flags & FIN;
	bool lives = is_proven(model);

	if (syn && !ack && !rst && !fin) {
		ask(model, 1);
		model->answered = false;
		model->wants = segment->sequence + 1;
		model->carried = (uint32_t)segment->data;
	} else if (ack && !syn && !rst && (!lives || (model->remote_fin && model->own_fin))) {
		if (is_asked(model) && model->answered && segment->acknowledged == model->proof)
			prove(model);
	} else if (lives && rst) {
		model->proven = segment->sequence != model->reset_at;
	} else if (lives) {
		model->remote_fin |= fin;
		if (!(model->remote_fin && model->own_fin))
			model->heard_at = model_now;
	}
}

static bool opening_leaves(struct model *model, const struct segment *segment)
{
	uint32_t beyond = segment->acknowledged - model->wants;

	if (segment->data || !(segment->flags & ACK) || beyond > model->carried)
		return false;
	if (segment->flags & RST) {
		if (segment->sequence == 0)
			model->asked = false;
		return segment->sequence == 0;
	}
	if (model->answered && model->proof != segment->sequence + 1)
		return false;
	model->answered = true;
	model->proof = segment->sequence + 1;
	return true;
}

static bool segment_leaves(struct model *model, const struct segment *segment)
{
	bool syn = segment->flags & SYN, ack = segment->flags & ACK, rst = segment->flags & RST;

	if (syn && !ack)
		return false;
	if (syn && is_asked(model))
		return opening_leaves(model, segment);
	if (is_proven(model)) {
		if (rst) {
			model->proven = false;
			return true;
		}
		if (ack)
			model->reset_at = segment->acknowledged;
		model->own_fin |= segment->flags & FIN;
		return true;
	}
	return rst && is_asked(model) && opening_leaves(model, segment);
}

static void datagram_came(struct model *model)
{
	if (is_proven(model))
		model->heard_at = model_now;
	else if (is_asked(model) && model->answered)
		prove(model);
	else
		ask(model, 64);
}

static bool datagram_leaves(struct model *model)
{
	if (is_proven(model))
		return true;
	if (!is_asked(model) || !model->credit)
		return false;
	model->credit--;
	model->answered = true;
	return true;
}

static bool echo_leaves(struct model *model)
{
	if (!is_asked(model) || !model->credit)
		return false;
	model->credit--;
	return true;
}

/* What may well be next, or anything. */
static struct segment draw_segment(const struct model *model, enum way way)
{
	static const uint8_t flags[] = {SYN,       SYN | ACK, ACK,       ACK,
					FIN | ACK, RST,       RST | ACK, SYN | FIN};
	const uint32_t numbers[] = {0,    1,    1000,         1001,         1011,
				    5000, 5001, model->proof, model->wants, model->reset_at};
	struct segment segment = {flags[draw(sizeof(flags))], numbers[draw(10)], numbers[draw(10)],
				  draw(3) ? 0 : 10};

	if (draw(3) == 0)
		return segment;
	if (way == CAME_IN)
		return model->answered && is_asked(model) && draw(3)
			       ? (struct segment){ACK, 1001, model->proof, 0}
			       : (struct segment){SYN, 1000, 0, draw(4) ? 0 : 10};
	return is_asked(model) && draw(3) ? (struct segment){SYN | ACK, 5000, model->wants, 0}
					  : (struct segment){ACK, 5001, model->wants, 10};
}

static struct reply_frame frame_of(const struct model *model, enum way way,
				   const struct segment *segment)
{
	const struct peers *peers = &model->peers;
	bool in = way == CAME_IN;

	switch (peers->protocol) {
	case IPPROTO_TCP:
		return reply_tcp(peers, way, *segment);
	case IPPROTO_UDP:
		return reply_udp(peers, way);
	case IPPROTO_ICMP:
		return reply_icmp(peers, way, in ? ICMP_ECHO : ICMP_ECHOREPLY);
	default:
		return reply_icmp(peers, way, in ? ICMP6_ECHO_REQUEST : ICMP6_ECHO_REPLY);
	}
}

static void model_came(struct model *model, const struct segment *segment)
{
	if (!model->named)
		return;
	if (model->peers.protocol == IPPROTO_TCP)
		segment_came(model, segment);
	else if (model->peers.protocol == IPPROTO_UDP)
		datagram_came(model);
	else
		ask(model, !is_asked(model)     ? 1
			   : model->credit < 64 ? model->credit + 1
						: model->credit);
}

static bool model_leaves(struct model *model, const struct segment *segment)
{
	if (!model->named)
		return false;
	return model->peers.protocol == IPPROTO_TCP   ? segment_leaves(model, segment)
	       : model->peers.protocol == IPPROTO_UDP ? datagram_leaves(model)
						      : echo_leaves(model);
}

static void step(struct world *world, struct model *model, size_t number)
{
	enum way way = draw(2) ? CAME_IN : GOES_OUT;
	struct segment segment = draw_segment(model, way);
	struct reply_frame frame = frame_of(model, way, &segment);

	if (way == CAME_IN) {
		came(world, frame);
		model_came(model, &segment);
		return;
	}
	bool leaves = judged(world, KERNEL_GUARD, frame) == REASON_REPLY;
	if (leaves != model_leaves(model, &segment))
		fail_msg("step %zu, protocol %u, %u to %u: flags %x %u %u, %zu bytes: the kernel "
			 "says %d",
			 number, model->peers.protocol, model->peers.own_port,
			 model->peers.remote_port, segment.flags, segment.sequence,
			 segment.acknowledged, segment.data, leaves);
	*(leaves ? &allowed : &denied) += 1;
}

static void the_kernel_says_what_the_model_says(void **state)
{
	static const uint64_t ages[] = {10, 10, 50, 100, 1000, 8000};
	size_t steps = getenv("GABELOU_SOAK") ? STEPS_SOAK : STEPS;
	struct model models[MODELS];

	memcpy(models, fresh, sizeof(models));
	for (size_t i = 0; i < steps; i++) {
		if (draw(60) == 0) {
			uint64_t seconds = ages[draw(6)];

			age(*state, seconds);
			model_now += seconds;
		}
		step(*state, &models[draw(MODELS)], i);
	}
	print_message("# %zu packets out: %zu answers, %zu denied\n", allowed + denied, allowed,
		      denied);
	assert_true(allowed > steps / 20);
	assert_true(denied > steps / 20);
}

static int set_up_world(void **state)
{
	return set_up(state, 4096, REASON_SOIL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_kernel_says_what_the_model_says, set_up_world,
						tear_down),
	};

	namespace_make();
	return cmocka_run_group_tests_name("random replies", tests, NULL, NULL);
}
