// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the sockets that clients may come to are found in what the kernel prints of them, each port
 * once; loopback, connections and clients are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/cli/listeners.c"

#define HEADER "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
#define REST   " 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0\n"

static const char tcp[] =
	HEADER "   0: 00000000:01BB 00000000:0000 0A" REST  /* 0.0.0.0:443 */
	       "   1: 0100007F:0050 00000000:0000 0A" REST  /* 127.0.0.1:80 */
	       "   2: 0400A8C0:0016 00000000:0000 0A" REST  /* 192.168.0.4:22 */
	       "   3: 00000000:01BB 05050505:9C40 01" REST  /* a connection */
	       "   4: 0400A8C0:C350 00000000:0000 0A" REST; /* a high port may listen */
static const char tcp6[] = HEADER
	"   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A" REST
	"   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A" REST
	"   2: 0000000000000000FFFF00000100007F:0278 00000000000000000000000000000000:0000 0A" REST
	"   3: B80D0120000000000000000001000000:0279 00000000000000000000000000000000:0000 0A" REST;
static const char udp[] = HEADER "  10: 00000000:0035 00000000:0000 07" REST
				 "  11: 00000000:0044 00000000:0000 07" REST  /* a DHCP client */
				 "  12: 00000000:9C40 00000000:0000 07" REST  /* who called out */
				 "  13: 00000000:14E9 05050505:0035 01" REST; /* connected */

static void parse(const char *text, uint8_t protocol, struct listeners *listeners)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");

	assert_true(listeners_parse(file, protocol, listeners));
	fclose(file);
}

static void test_public_sockets_are_found(void **state)
{
	struct listeners listeners = {.low = 32768, .high = 60999};

	(void)state;
	parse(tcp, IPPROTO_TCP, &listeners);
	parse(tcp6, IPPROTO_TCP, &listeners);
	parse(udp, IPPROTO_UDP, &listeners);
	char *text = listeners_text(&listeners, false), *keys = listeners_text(&listeners, true);
	assert_string_equal(text, "443/tcp, 22/tcp, 50000/tcp, 633/tcp, 53/udp");
	assert_string_equal(keys, "{on: 443/tcp}, {on: 22/tcp}, {on: 50000/tcp}, {on: 633/tcp}, "
				  "{on: 53/udp}");
	free(text);
	free(keys);
	listeners_free(&listeners);
}

static void test_many_are_cut(void **state)
{
	struct listeners listeners = {0};

	(void)state;
	for (uint16_t port = 1; port <= REPLY_SERVICES_MOST + 5; port++)
		assert_true(add(&listeners, IPPROTO_TCP, port));
	char *text = listeners_text(&listeners, false);
	assert_non_null(strstr(text, "32/tcp and 5 more"));
	free(text);
	listeners_free(&listeners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public_sockets_are_found),
		cmocka_unit_test(test_many_are_cut),
	};

	return cmocka_run_group_tests_name("cli listeners", tests, NULL, NULL);
}
