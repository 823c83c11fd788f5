// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ways round the hook of a guard on the host itself.
 *
 *   bypasses qdisc INTERFACE MAC COOKIE SOURCE DESTINATION COUNT
 *	packet socket past the queueing discipline, and tc with it (PACKET_QDISC_BYPASS)
 *   bypasses xdp INTERFACE MAC COOKIE SOURCE DESTINATION COUNT
 *	AF_XDP: frames straight to the driver
 *   bypasses first INTERFACE
 *	a TCX program in front of all others that ends the chain; until it is killed
 *   bypasses last INTERFACE OTHER
 *	a TCX program behind all others that makes OTHER the destination; until it is killed
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/lab/form_table.h"

#define XDP_FRAMES 64
#define XDP_FRAME  4096
#define TCX_EGRESS 47 /* <linux/bpf.h> of Linux 6.6 */
#define BPF_BEFORE (1u << 3)
#define BPF_AFTER  (1u << 4)
#define TCX_PASS   0

static void die(const char *what)
{
	fprintf(stderr, "bypasses: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static void by_qdisc(const char *interface, const struct frame *frame, int count)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETHERTYPE_IPV4),
				 .sll_ifindex = (int)if_nametoindex(interface)};
	int link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), yes = 1;

	if (link < 0 || setsockopt(link, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)))
		die("PACKET_QDISC_BYPASS");
	for (int i = 0; i < count; i++)
		if (sendto(link, frame->bytes, frame->length, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 &&
		    errno != ENOBUFS)
			die("send");
}

/* The ring of what is to be sent; the others must exist and are not used. */
static struct xdp_desc *map_rings(int xsk, uint32_t **producer)
{
	struct xdp_mmap_offsets offsets;
	socklen_t size = sizeof(offsets);
	int entries = XDP_FRAMES;

	if (setsockopt(xsk, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries)) ||
	    setsockopt(xsk, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)) ||
	    setsockopt(xsk, SOL_XDP, XDP_TX_RING, &entries, sizeof(entries)) ||
	    getsockopt(xsk, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size))
		die("rings of AF_XDP");
	uint8_t *ring =
		mmap(NULL, offsets.tx.desc + XDP_FRAMES * sizeof(struct xdp_desc),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, xsk, XDP_PGOFF_TX_RING);
	if (ring == MAP_FAILED)
		die("mmap");
	*producer = (uint32_t *)(ring + offsets.tx.producer);
	return (struct xdp_desc *)(ring + offsets.tx.desc);
}

static void by_xdp(const char *interface, const struct frame *frame, int count)
{
	uint8_t *memory = mmap(NULL, XDP_FRAMES * XDP_FRAME, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg region = {
		.addr = (uintptr_t)memory, .len = XDP_FRAMES * XDP_FRAME, .chunk_size = XDP_FRAME};
	struct sockaddr_xdp where = {.sxdp_family = AF_XDP,
				     .sxdp_flags = XDP_COPY,
				     .sxdp_ifindex = if_nametoindex(interface)};
	int xsk = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint32_t *producer;

	if (memory == MAP_FAILED || xsk < 0 ||
	    setsockopt(xsk, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)))
		die("AF_XDP");
	struct xdp_desc *descriptors = map_rings(xsk, &producer);
	if (bind(xsk, (struct sockaddr *)&where, sizeof(where)))
		die("bind");
	for (int i = 0; i < count; i++) {
		memcpy(memory + (size_t)i * XDP_FRAME, frame->bytes, frame->length);
		descriptors[i] = (struct xdp_desc){.addr = (uint64_t)i * XDP_FRAME,
						   .len = (uint32_t)frame->length};
	}
	__atomic_store_n(producer, (uint32_t)count, __ATOMIC_RELEASE);
	for (int i = 0; i < 20; i++) {
		sendto(xsk, NULL, 0, MSG_DONTWAIT, NULL, 0);
		usleep(1000);
	}
}

#define MOVE(register, value)                                                              \
	{                                                                                  \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (value) \
	}
#define END                                \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}

static void attach(const char *interface, const struct bpf_insn *program_text, uint32_t count,
		   uint32_t flags)
{
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SCHED_CLS,
			       .insn_cnt = count,
			       .insns = (uintptr_t)program_text,
			       .license = (uintptr_t) "GPL"};
	union bpf_attr attr = {0};
	long program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));

	if (program < 0)
		die("BPF_PROG_LOAD");
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_fd = if_nametoindex(interface);
	attr.link_create.attach_type = TCX_EGRESS;
	attr.link_create.flags = flags;
	if (syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0)
		die("BPF_LINK_CREATE");
	puts("ready");
	fflush(stdout);
	pause();
}

static void be_first(const char *interface)
{
	const struct bpf_insn pass[] = {MOVE(0, TCX_PASS), END};

	attach(interface, pass, 2, BPF_BEFORE);
}

static void be_last(const char *interface, const char *other)
{
	int32_t address;

	if (inet_pton(AF_INET, other, &address) != 1)
		die(other);
	const struct bpf_insn rewrite[] = {
		/* *(u32 *)(r10 - 4) = address; bpf_skb_store_bytes(skb, 30, r10 - 4, 4, 0) */
		{.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = address},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -4},
		MOVE(2, ETHERNET_SIZE + 16),
		MOVE(4, 4),
		MOVE(5, 0),
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_store_bytes},
		MOVE(0, TCX_PASS),
		END,
	};

	attach(interface, rewrite, sizeof(rewrite) / sizeof(rewrite[0]), BPF_AFTER);
}

int main(int argc, char **argv)
{
	static struct frame frame;
	struct ends ends = {0};

	errno = 0;
	if (argc == 3 && strcmp(argv[1], "first") == 0)
		be_first(argv[2]);
	if (argc == 4 && strcmp(argv[1], "last") == 0)
		be_last(argv[2], argv[3]);
	if (argc != 8 || strlen(argv[3]) != 17 || strlen(argv[4]) != 2 * COOKIE_SIZE)
		die("qdisc or xdp INTERFACE MAC COOKIE SOURCE DESTINATION COUNT; first INTERFACE; "
		    "last INTERFACE OTHER");
	for (size_t i = 0; i < 6; i++)
		sscanf(argv[3] + 3 * i, "%2hhx", &ends.destination_mac[i]);
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		sscanf(argv[4] + 2 * i, "%2hhx", &ends.cookie[i]);
	ends.source_mac[0] = 0x02;
	memcpy(ends.source_mac + 1, ends.cookie, 5);
	int count = atoi(argv[7]);
	if (inet_pton(AF_INET, argv[5], ends.source4) != 1 ||
	    inet_pton(AF_INET, argv[6], ends.destination4) != 1 || count > XDP_FRAMES)
		die("addresses or count");
	form_udp4(&frame, &ends, 53);
	if (strcmp(argv[1], "qdisc") == 0)
		by_qdisc(argv[2], &frame, count);
	else if (strcmp(argv[1], "xdp") == 0)
		by_xdp(argv[2], &frame, count);
	else
		die(argv[1]);
	return 0;
}
