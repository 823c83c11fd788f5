// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the books. The order is what makes a bound of each comparison: the guard's counters, then
 * what waits in queues and was dropped there, then the interface's counters, then the guard's
 * again. What can change how a GSO packet is counted is looked at last, so that a change shows in
 * one of the two readings that it lies between.
 */
#include "userspace/kernel/books.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/interfaces.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

#ifndef IFLA_GSO_IPV4_MAX_SIZE
#define IFLA_GSO_IPV4_MAX_SIZE 63 /* Linux 6.3 */
#endif

/* A device that takes less has the kernel cut up what is more: who forwards does not ask it. */
#define GSO_SIZE_USUAL     65536
#define GSO_SEGMENTS_USUAL 65535

#define ALL_KINDS     ((1 << BOOK_GSO_KINDS) - 1)
#define SEGMENTS_EACH 128 /* of 64 kB in segments of the least size in use, 536 bytes */

/* One interface while it is read. */
struct reading {
	struct kernel_book *book;
	uint32_t queues, queue_length;
	bool found;
	bool usual_gso; /* it takes GSO packets of any usual size, and no queue cuts them up */
};

struct readings {
	struct reading *items;
	size_t count;
};

/* Queues that leave GSO packets whole; of tbf, cake, netem and others that is not sure. */
static bool leaves_whole(const char *qdisc)
{
	static const char *const kinds[] = {
		"noqueue", "pfifo_fast", "pfifo", "bfifo",    "prio",   "mq",
		"mqprio",  "multiq",     "fq",    "fq_codel", "codel",  "htb",
		"sfq",     "hfsc",       "drr",   "red",      "clsact", "ingress",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i], qdisc) == 0)
			return true;
	return false;
}

static struct reading *find(struct readings *readings, int ifindex)
{
	for (size_t i = 0; i < readings->count; i++)
		if (readings->items[i].book->ifindex == (uint32_t)ifindex)
			return &readings->items[i];
	return NULL;
}

static void read_queue(struct nlattr *attribute, struct kernel_book *book)
{
	struct nlattr *stats[TCA_STATS_MAX + 1];
	struct gnet_stats_queue queue = {0};

	if (!attribute || nla_parse_nested(stats, TCA_STATS_MAX, attribute, NULL) < 0 ||
	    !stats[TCA_STATS_QUEUE])
		return;
	nla_memcpy(&queue, stats[TCA_STATS_QUEUE], sizeof(queue));
	book->queue_dropped = queue.drops;
	book->queued = queue.qlen;
}

/* The root of an interface's queues has the sum of what is below it. */
static int add_queue(struct nl_msg *message_read, void *context)
{
	struct nlattr *attributes[TCA_MAX + 1];
	struct nlmsghdr *header = nlmsg_hdr(message_read);
	const struct tcmsg *queue = nlmsg_data(header);
	struct reading *reading;

	if (header->nlmsg_type != RTM_NEWQDISC ||
	    nlmsg_parse(header, sizeof(*queue), attributes, TCA_MAX, NULL) < 0 ||
	    !attributes[TCA_KIND])
		return NL_OK;
	reading = find(context, queue->tcm_ifindex);
	if (!reading)
		return NL_OK;
	if (queue->tcm_parent == TC_H_ROOT)
		read_queue(attributes[TCA_STATS2], reading->book);
	if (!leaves_whole(nla_get_string(attributes[TCA_KIND])))
		reading->usual_gso = false;
	return NL_OK;
}

static int read_queues(struct nl_sock *socket, struct readings *readings)
{
	struct tcmsg any = {.tcm_family = AF_UNSPEC};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP);

	if (request && nlmsg_append(request, &any, sizeof(any), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(request);
		return -NLE_NOMEM;
	}
	return links_ask(socket, request, add_queue, readings);
}

static uint32_t number_in(struct nlmsghdr *header, int type, uint32_t absent)
{
	struct nlattr *attribute = nlmsg_find_attr(header, sizeof(struct ifinfomsg), type);

	return attribute ? nla_get_u32(attribute) : absent;
}

static int add_link(struct nl_msg *message_read, void *context)
{
	struct nlmsghdr *header = nlmsg_hdr(message_read);
	struct rtnl_link_stats64 stats = {0};
	struct reading *reading = context;

	if (header->nlmsg_type != RTM_NEWLINK)
		return NL_OK;
	struct nlattr *attribute = nlmsg_find_attr(header, sizeof(struct ifinfomsg), IFLA_STATS64);
	if (!attribute)
		return NL_OK;
	nla_memcpy(&stats, attribute, sizeof(stats));
	reading->book->sent = stats.tx_packets;
	reading->book->dropped = stats.tx_dropped;
	reading->queues = number_in(header, IFLA_NUM_TX_QUEUES, 1);
	reading->queue_length = number_in(header, IFLA_TXQLEN, 0);
	if (number_in(header, IFLA_GSO_MAX_SIZE, 0) < GSO_SIZE_USUAL ||
	    number_in(header, IFLA_GSO_IPV4_MAX_SIZE, GSO_SIZE_USUAL) < GSO_SIZE_USUAL ||
	    number_in(header, IFLA_GSO_MAX_SEGS, 0) < GSO_SEGMENTS_USUAL)
		reading->usual_gso = false;
	reading->found = true;
	return NL_OK;
}

static int read_link(struct nl_sock *socket, struct reading *reading)
{
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)reading->book->ifindex};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST);

	if (request && nlmsg_append(request, &link, sizeof(link), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(request);
		return -NLE_NOMEM;
	}
	return links_ask(socket, request, add_link, reading);
}

/* @each: room for what every CPU counted. */
static int read_book(int map, struct book *each, size_t cpus, uint32_t ifindex, struct book *book)
{
	__u32 slot = BOOKS_SLOT(ifindex);
	int error = bpf_map_lookup_elem(map, &slot, each);

	*book = (struct book){0};
	for (size_t cpu = 0; cpu < cpus && !error; cpu++) {
		book->packets += each[cpu].packets;
		for (int kind = 0; kind < BOOK_GSO_KINDS; kind++)
			book->segments_more[kind] += each[cpu].segments_more[kind];
	}
	return error;
}

/* One on each CPU, which may be stopped there; or what it is cut up into. */
static uint32_t between_guard_and_queue(const struct kernel_book *book, size_t cpus)
{
	return (uint32_t)cpus * (book->whole == ALL_KINDS ? 1 : SEGMENTS_EACH);
}

static int read_all(struct nl_sock *socket, int map, struct book *each, size_t cpus,
		    struct readings *readings)
{
	int error = 0;

	for (size_t i = 0; i < readings->count && !error; i++)
		error = read_book(map, each, cpus, readings->items[i].book->ifindex,
				  &readings->items[i].book->before);
	if (!error && read_queues(socket, readings))
		error = -EIO;
	for (size_t i = 0; i < readings->count && !error; i++) {
		struct reading *reading = &readings->items[i];

		read_link(socket, reading); /* one that is gone by now is left out */
		error = read_book(map, each, cpus, reading->book->ifindex, &reading->book->after);
		books_ways(reading->book, reading->queues, reading->queue_length);
		if (!reading->usual_gso)
			reading->book->whole = reading->book->cut = 0;
		reading->book->on_way_most += between_guard_and_queue(reading->book, cpus);
	}
	return error;
}

static void name_counters(int map, uint32_t generation, struct readings *readings)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return;
	for (size_t i = 0; i < readings->count; i++) {
		readings->items[i].book->counters = info.id;
		readings->items[i].book->generation = generation;
	}
}

static int open_map(const struct kernel *kernel)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, "%s", shared_map_names[SHARED_BOOKS]);

	return error ? error : bpf_obj_get(path);
}

/* The number of what is in force; 0: nothing is. */
static uint32_t generation_in_force(const struct kernel *kernel)
{
	struct diagnostics unheard = {0};
	json_t *current = NULL;
	uint32_t generation = 0;

	if (record_read_current(kernel, &current, &unheard) == 0)
		generation = (uint32_t)json_integer_value(json_object_get(current, "generation"));
	json_decref(current);
	diagnostics_free(&unheard);
	return generation;
}

static int read_readings(const struct kernel *kernel, struct readings *readings)
{
	struct nl_sock *socket = nl_socket_alloc();
	int possible = libbpf_num_possible_cpus(), map = open_map(kernel);
	struct book *each = possible > 0 ? calloc((size_t)possible, sizeof(*each)) : NULL;
	int error = map < 0 ? map : !socket || !each ? -ENOMEM : 0;

	if (!error && nl_connect(socket, NETLINK_ROUTE))
		error = -EIO;
	if (!error)
		nl_socket_disable_auto_ack(socket);
	if (!error)
		error = read_all(socket, map, each, (size_t)possible, readings);
	if (!error)
		name_counters(map, generation_in_force(kernel), readings);
	if (map >= 0)
		close(map);
	nl_socket_free(socket);
	free(each);
	return error;
}

/* What was found, in the place of all. */
static size_t keep_found(struct kernel_book *books, const struct readings *readings)
{
	size_t kept = 0;

	for (size_t i = 0; i < readings->count; i++)
		if (readings->items[i].found)
			books[kept++] = books[i];
	for (size_t i = 0; i < kept; i++)
		for (size_t j = 0; j < kept; j++)
			if (i != j && BOOKS_SLOT(books[i].ifindex) == BOOKS_SLOT(books[j].ifindex))
				books[i].shared = true;
	return kept;
}

static int read_wanted(const struct kernel *kernel, const struct interface *interfaces,
		       size_t count, bool reject, struct kernel_book **books, size_t *found)
{
	struct kernel_book *list = calloc(count + 1, sizeof(*list));
	struct readings readings = {.items = calloc(count + 1, sizeof(*readings.items))};
	int error = list && readings.items ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++) {
		if (!interfaces[i].wanted || interfaces[i].role == ROLE_UPPER)
			continue;
		struct kernel_book *book = &list[readings.count];
		readings.items[readings.count++] =
			(struct reading){.book = book, .usual_gso = true};
		memcpy(book->interface, interfaces[i].name, sizeof(book->interface));
		book->ifindex = interfaces[i].ifindex;
		book->answers = reject && interfaces[i].inside;
	}
	if (!error)
		error = read_readings(kernel, &readings);
	if (!error)
		*found = keep_found(list, &readings);
	free(readings.items);
	if (error) {
		free(list);
		return error;
	}
	*books = list;
	return 0;
}

int kernel_books(struct kernel *kernel, struct kernel_book **books, size_t *count,
		 struct diagnostics *diagnostics)
{
	struct kernel_options options;
	struct interface *interfaces;
	size_t listed;
	int error = interfaces_in_force(kernel, &interfaces, &listed, &options, diagnostics);

	if (!error && options.without_books)
		error = -ENOENT;
	if (!error) {
		error = read_wanted(kernel, interfaces, listed, options.reject, books, count);
		if (error)
			message(diagnostics, error, "the books cannot be read: %s",
				strerror(-error));
	}
	record_options_free(&options);
	free(interfaces);
	return error;
}
