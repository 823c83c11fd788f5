/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of control traffic that passes only where the policy names it. */
#ifndef GABELOU_TESTS_COVERAGE_NAMED_H
#define GABELOU_TESTS_COVERAGE_NAMED_H

#include "tests/coverage/world.h"

#define OSPF 89
#define VRRP 112

/* To @to with @limit as TTL or hop limit, @size bytes of payload. */
static struct frame named(const char *to, uint8_t protocol, uint8_t limit, size_t size)
{
	struct ends ends = {.source_mac = {2, [5] = 1}, .source4 = {10, 88, 0, 2}};
	bool v4 = inet_pton(AF_INET, to, ends.destination4) == 1;
	struct frame frame = {0};
	size_t at;

	if (!v4)
		assert_int_equal(inet_pton(AF_INET6, to, ends.destination6), 1);
	ethernet(&frame, &ends, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	at = v4 ? ipv4(&frame, &ends, protocol) : ipv6(&frame, &ends, protocol);
	frame.bytes[at + (v4 ? 8 : 7)] = limit;
	put_zero(&frame, size);
	if (v4)
		ipv4_end(&frame, at);
	else
		ipv6_end(&frame, at);
	return frame;
}

static void named_routing_protocols(void **state)
{
	static const struct {
		const char *to;
		uint8_t protocol, limit;
		size_t size;
		enum reason reason;
	} cases[] = {
		{"224.0.0.18", VRRP, 255, 32, REASON_CONTROL},
		{"ff02::12", VRRP, 255, 32, REASON_CONTROL},
		{"224.0.0.18", VRRP, 254, 32, REASON_CONTROL_SHAPE},
		{"224.0.0.17", VRRP, 255, 32, REASON_CONTROL_SHAPE},
		{"224.0.0.19", VRRP, 255, 32, REASON_CONTROL_SHAPE},
		{"ff02::13", VRRP, 255, 32, REASON_CONTROL_SHAPE},
		{"ff05::12", VRRP, 255, 32, REASON_CONTROL_SHAPE},
		{"224.0.0.5", OSPF, 1, 48, REASON_CONTROL},
		{"224.0.0.6", OSPF, 1, 48, REASON_CONTROL},
		{"ff02::5", OSPF, 1, 48, REASON_CONTROL},
		{"ff02::6", OSPF, 1, 48, REASON_CONTROL},
		{"192.0.2.99", OSPF, 1, 48, REASON_CONTROL},
		{"2001:db8:9::1", OSPF, 1, 48, REASON_CONTROL},
		{"224.0.0.7", OSPF, 1, 48, REASON_CONTROL_SHAPE},
		{"ff02::7", OSPF, 1, 48, REASON_CONTROL_SHAPE},
		{"192.0.2.99", OSPF, 64, 48, REASON_CONTROL_SHAPE},
		{"224.0.0.5", OSPF, 1, 1600, REASON_CONTROL_SHAPE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame =
			named(cases[i].to, cases[i].protocol, cases[i].limit, cases[i].size);
		struct outcome outcome = world_run_frame(&frame);

		world_expect(&outcome, cases[i].reason, cases[i].to);
	}
	struct frame fragment = named("224.0.0.5", OSPF, 1, 48);
	set16(&fragment, fragment.ip + 6, 0x2000);
	struct outcome outcome = world_run_frame(&fragment);
	world_expect(&outcome, REASON_CONTROL_SHAPE, "a fragment of OSPF");
}

static struct outcome bfd(const char *to, uint8_t limit, uint16_t source, size_t size,
			  bool fragment)
{
	struct frame frame = named(to, IPPROTO_UDP, limit, 8 + size);
	size_t at = frame.ip + (strchr(to, ':') ? IPV6_SIZE : IPV4_SIZE);

	set16(&frame, at, source);
	set16(&frame, at + 2, 3784);
	if (fragment)
		set16(&frame, frame.ip + 6, 0x2000);
	return world_run_frame(&frame);
}

/* RFC 5881: one hop, to a neighbour by the kernel's own routes. The gateway does not ask. */
static void named_bfd(void **state)
{
	static const char *const to[] = {"192.0.2.99", "2001:db8:9::1"};
	enum reason passes = shim_is_gateway ? REASON_SOIL : REASON_CONTROL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		static const long answers[] = {BPF_FIB_LKUP_RET_SUCCESS, BPF_FIB_LKUP_RET_NO_NEIGH,
					       BPF_FIB_LKUP_RET_UNREACHABLE};
		struct outcome outcome;

		for (int j = 0; j < 3; j++) {
			shim.kernel.routes[0] = answers[j];
			outcome = bfd(to[i], 255, 50000, 24, false);
			world_expect(&outcome, j < 2 ? passes : REASON_SOIL, to[i]);
		}
		shim.kernel.routes[0] = BPF_FIB_LKUP_RET_SUCCESS;
		for (shim.kernel.router = 1; shim.kernel.router <= (i ? 4 : 1);
		     shim.kernel.router++) {
			outcome = bfd(to[i], 255, 50000, 24, false);
			world_expect(&outcome, REASON_SOIL, "through a router");
		}
		shim.kernel.router = 0;
		outcome = bfd(to[i], 254, 50000, 24, false);
		world_expect(&outcome, REASON_SOIL, "from afar");
		outcome = bfd(to[i], 255, 1024, 24, false);
		world_expect(&outcome, REASON_SOIL, "from another port");
		outcome = bfd(to[i], 255, 50000, 23, false);
		world_expect(&outcome, REASON_SOIL, "too short");
		outcome = bfd(to[i], 255, 50000, 53, false);
		world_expect(&outcome, REASON_SOIL, "too long");
	}
	struct outcome outcome = bfd(to[0], 255, 50000, 24, true);
	world_expect(&outcome, REASON_SOIL, "a fragment");
}

static void named_azure(void **state)
{
	static const struct {
		uint8_t protocol;
		uint16_t port;
		enum reason reason;
	} cases[] = {
		{IPPROTO_TCP, 80, REASON_CONTROL}, {IPPROTO_TCP, 32526, REASON_CONTROL},
		{IPPROTO_TCP, 53, REASON_CONTROL}, {IPPROTO_TCP, 443, REASON_SOIL},
		{IPPROTO_UDP, 53, REASON_CONTROL}, {IPPROTO_UDP, 67, REASON_CONTROL},
		{IPPROTO_UDP, 80, REASON_SOIL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = named("168.63.129.16", cases[i].protocol, 64, 40);
		struct outcome outcome;

		set16(&frame, frame.ip + IPV4_SIZE + 2, cases[i].port);
		outcome = world_run_frame(&frame);
		world_expect(&outcome, cases[i].reason, "azure");
		shim_config->control &= ~(uint32_t)CONTROL_AZURE;
		outcome = world_run_frame(&frame);
		world_expect(&outcome, REASON_SOIL, "azure, not named");
		shim_config->control |= CONTROL_AZURE;
	}
}

#endif
