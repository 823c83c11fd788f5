// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How drivers count what they send (tx_packets), and who cuts up GSO packets.
 *
 * Drivers that are not in the table may count segments, frames of their firmware, or what they drop
 * later: a comparison would be a guess.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userspace/kernel/books.h"

/* All count an skb as one, also a GSO one; what they drop is in tx_dropped and not in tx_packets.
 */
static const struct driver {
	const char *name;
	/* At once or, where the other end polls, in its next softirq. Else when somebody takes the
	 * packet, be it minutes later. */
	bool prompt;
	uint32_t ring; /* packets in each queue behind the qdisc */
} drivers[] = {
#define RING_LINK    (UINT32_MAX - 1) /* as long as the link's qlen */
#define RING_ASKED   UINT32_MAX       /* ETHTOOL_GRINGPARAM */
#define RING_UNKNOWN 65536
#define VHOST_BATCH  64                    /* what vhost-net takes from a tun before it reads any */
	{"veth", true, 256},               /* VETH_RING_SIZE; measured */
	{"tun", false, RING_LINK},         /* when it is read; measured */
	{"dummy", true, 1},                /* by its source: dummy_xmit() */
	{"virtio_net", false, RING_ASKED}, /* by its source: free_old_xmit(), start_xmit() */
};

/* The features of ethtool -k without which a packet of a kind is cut up by the kernel. */
#define FEATURES_MOST 12
static const char *const needs[BOOK_GSO_KINDS][FEATURES_MOST] = {
	[BOOK_TCP4] = {"tx-tcp-segmentation", "tx-tcp-ecn-segmentation"},
	[BOOK_TCP6] = {"tx-tcp6-segmentation", "tx-tcp-ecn-segmentation"},
	/* Also what is inside UDP: VXLAN at a port of its own. */
	[BOOK_UDP] = {"tx-udp-segmentation", "tx-udp_tnl-segmentation",
		      "tx-udp_tnl-csum-segmentation"},
	[BOOK_OTHER] = {"tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-tcp-ecn-segmentation",
			"tx-tcp-mangleid-segmentation", "tx-udp-segmentation", "tx-gso-list",
			"tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation",
			"tx-gre-segmentation", "tx-gre-csum-segmentation", "tx-ipxip4-segmentation",
			"tx-ipxip6-segmentation"},
};

/* The features of an interface, by the names that the kernel has for their numbers. */
struct features {
	struct ethtool_gstrings *names;
	struct ethtool_gfeatures *bits;
};

static int ask(int socket, const char *interface, void *command)
{
	struct ifreq request = {.ifr_data = command};

	memcpy(request.ifr_name, interface, IF_NAMESIZE);
	return ioctl(socket, SIOCETHTOOL, &request) ? -errno : 0;
}

static uint32_t count_features(int socket, const char *interface)
{
	struct {
		struct ethtool_sset_info head;
		uint32_t length;
	} info = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};

	if (ask(socket, interface, &info) || !info.head.sset_mask)
		return 0;
	return info.length;
}

static bool read_features(int socket, const char *interface, struct features *features)
{
	uint32_t count = count_features(socket, interface), words = (count + 31) / 32;

	features->names = calloc(1, sizeof(*features->names) + (size_t)count * ETH_GSTRING_LEN);
	features->bits =
		calloc(1, sizeof(*features->bits) + words * sizeof(*features->bits->features));
	if (!count || !features->names || !features->bits)
		return false;
	*features->names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = count};
	*features->bits = (struct ethtool_gfeatures){.cmd = ETHTOOL_GFEATURES, .size = words};
	return ask(socket, interface, features->names) == 0 &&
	       ask(socket, interface, features->bits) == 0 && features->names->len == count &&
	       features->bits->size == words;
}

static void free_features(struct features *features)
{
	free(features->names);
	free(features->bits);
}

static bool is_active(const struct features *features, const char *name)
{
	for (uint32_t i = 0; i < features->names->len; i++)
		if (strncmp((const char *)features->names->data + (size_t)i * ETH_GSTRING_LEN, name,
			    ETH_GSTRING_LEN) == 0)
			return features->bits->features[i / 32].active >> i % 32 & 1;
	return false;
}

/* All features that it needs: whole; none of them: cut. */
static void sort_kind(struct kernel_book *book, const struct features *features, int kind)
{
	unsigned wanted = 0, have = 0;

	for (int i = 0; i < FEATURES_MOST && needs[kind][i]; i++) {
		wanted++;
		have += is_active(features, needs[kind][i]);
	}
	if (have == wanted)
		book->whole |= (uint8_t)(1 << kind);
	else if (!have)
		book->cut |= (uint8_t)(1 << kind);
}

static const struct driver *find_driver(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}

static uint32_t ring_size(const struct driver *driver, int socket, const char *interface,
			  uint32_t queue_length)
{
	struct ethtool_ringparam rings = {.cmd = ETHTOOL_GRINGPARAM};

	if (driver->ring == RING_LINK)
		return queue_length + VHOST_BATCH;
	if (driver->ring != RING_ASKED)
		return driver->ring;
	return ask(socket, interface, &rings) || !rings.tx_pending ? RING_UNKNOWN
								   : rings.tx_pending;
}

void books_ways(struct kernel_book *book, uint32_t queues, uint32_t queue_length)
{
	int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct features features = {0};

	if (any < 0)
		return;
	if (ask(any, book->interface, &info) == 0)
		snprintf(book->driver, sizeof(book->driver), "%s", info.driver);
	const struct driver *driver = find_driver(book->driver);
	if (driver) {
		book->driver_known = true;
		book->prompt = driver->prompt;
		book->on_way_most = ring_size(driver, any, book->interface, queue_length) *
				    (queues ? queues : 1);
	}
	if (driver && read_features(any, book->interface, &features))
		for (int kind = 0; kind < BOOK_GSO_KINDS; kind++)
			sort_kind(book, &features, kind);
	free_features(&features);
	close(any);
}
