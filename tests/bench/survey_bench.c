// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long a survey of a fortnight takes: writes a log of DAYS with so many flows a minute, as the
 * agent writes it, unless the file is there; reads it; prints lines, bytes, seconds and memory.
 *
 *   survey_bench FILE [DAYS [FLOWS_A_MINUTE]]      (14 days of 500 flows: some 13 GB)
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "userspace/flow/flow.h"
#include "userspace/flow/survey.h"
#include "userspace/flow/text.h"

#define LINES_DISTINCT 20000
#define TIME_LENGTH    27 /* "2026-11-24T08:22:51.000001Z" */

static const char *const programs[] = {
	"apt-get", "curl",       "firefox", "systemd-timesyn", "chronyd",  "dockerd", "node",
	"python3", "containerd", "snapd",   "fwupdmgr",        "telegraf", "java",    "ssh"};
static const char *const units[] = {
	"/system.slice/apt-daily.service",
	"/user.slice/user-1000.slice/session-7.scope",
	"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.service",
	"/system.slice/systemd-timesyncd.service",
	"/system.slice/chrony.service",
	"/system.slice/docker.service",
	"/system.slice/docker-0f2b8ae6b4b35c7f4f6e0d0f6d1c1f0e8f5b9f2f5c34a7.scope"};
static const char *const operators[] = {"AMAZON-02",
					"CLOUDFLARENET",
					"GOOGLE",
					"Akamai "
					"International B.V.",
					"MICROSOFT-CORP-MSN-AS-BLOCK",
					"FASTLY",
					"Canonical Group "
					"Limited"};

#define PICK(list, number) ((list)[(number) % (sizeof(list) / sizeof(*(list)))])

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *line_of(unsigned number)
{
	struct flow_event event = {
		.key = {.source = {192, 0, 2, 1},
			.source_port = (uint16_t)(32768 + number),
			.destination_port = number % 5 ? 443 : 80,
			.ifindex = 2,
			.generation = 7,
			.ethertype = 0x0800,
			.protocol = number % 9 ? 6 : 17,
			.reason = number % 3 ? REASON_OWNER : REASON_SOIL},
		.time = 5000000000,
		.first = 5000000000,
		.packets = 1 + number % 7,
		.bytes = 60 * (1 + number % 7),
		.flags = EVENT_MONITOR,
		.kind = number % 4 ? EVENT_FIRST : EVENT_SUMMARY,
		.sender = {4000 + number % 97, 1000 + number % 911, number % 3 ? 0 : 1000, ""},
	};
	uint32_t address = htonl(0x0d240000 + number % 6000 * 7);
	struct place place = {
		.asn = 16509 + number % 7, .soil = COUNTRY('F', 'R'), .state = SOIL_AGREED};
	struct asn_operator holder = {.name = PICK(operators, number % 6000),
				      .organisation = "Amazon.com",
				      .parent = "Amazon.com Inc",
				      .parent_country = COUNTRY('U', 'S'),
				      .seat = COUNTRY('L', 'U'),
				      .basis = OWNER_SOURCED,
				      .since = "",
				      .source = ""};
	struct flow flow = {.event = &event,
			    .sequence = 1000000 + number,
			    .time_realtime_ns = 1795000000000001000,
			    .interface_name = "eth0",
			    .cgroup = PICK(units, number / 11),
			    .hostname = "web-17.example.net",
			    .policy_name = "french-soil-european-owner",
			    .place = &place,
			    .asn_operator = &holder,
			    .owner = &holder,
			    .reach = {{COUNTRY('L', 'U'), COUNTRY('U', 'S')}, 2, 0, 0}};

	memcpy(event.key.destination, &address, 4);
	strncpy(event.sender.command, PICK(programs, number / 3), COMMAND_SIZE - 1);
	json_t *json = flow_ecs(&flow);
	/* As three soil sources with a word each make it. */
	json_object_set_new(json_object_get(json, "gabelou"), "sources",
			    json_pack("[{s:s,s:s,s:s},{s:s,s:s,s:s},{s:s,s:s,s:s}]", "name",
				      "soil.csv.zst", "country", "FR", "date", "2026-11-20", "name",
				      "dbip-country-lite.csv", "country", "FR", "date",
				      "2026-11-01", "name", "GeoLite2-Country.mmdb", "country",
				      "FR", "date", "2026-11-18"));
	/* sources come before the cgroup */
	json_t *cgroup = json_incref(json_object_get(json_object_get(json, "gabelou"), "cgroup"));
	json_object_del(json_object_get(json, "gabelou"), "cgroup");
	json_object_set_new(json_object_get(json, "gabelou"), "cgroup", cgroup);
	char *text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return text;
}

static void write_log(const char *path, unsigned minutes, unsigned flows)
{
	FILE *file = fopen(path, "wx");
	char *lines[LINES_DISTINCT], *stamps[LINES_DISTINCT][3], text[TIME_TEXT_SIZE];
	static const char *const keys[] = {"\"@timestamp\":\"", "\"start\":\"", "\"end\":\""};
	int64_t begin = (int64_t)(time(NULL) - 60 * (time_t)minutes) * 1000000000;

	if (!file)
		die(path);
	for (unsigned i = 0; i < LINES_DISTINCT; i++) {
		lines[i] = line_of(i);
		for (int key = 0; key < 3; key++)
			stamps[i][key] = strstr(lines[i], keys[key]) + strlen(keys[key]);
	}
	for (unsigned minute = 0; minute < minutes; minute++)
		for (unsigned i = 0; i < flows; i++) {
			unsigned which = (minute * 311 + i * 37) % LINES_DISTINCT;

			text_time(begin + minute * 60000000000 + i * (60000000000 / flows), text);
			for (int key = 0; key < 3; key++)
				memcpy(stamps[which][key], text, TIME_LENGTH);
			fputs(lines[which], file);
			putc('\n', file);
		}
	if (ferror(file) | fclose(file))
		die(path);
	for (unsigned i = 0; i < LINES_DISTINCT; i++)
		free(lines[i]);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned days = argc > 2 ? (unsigned)atoi(argv[2]) : 14;
	unsigned flows = argc > 3 ? (unsigned)atoi(argv[3]) : 500;
	struct diagnostics diagnostics = {0};
	struct survey survey;
	struct rusage usage;

	if (argc < 2)
		return 2;
	if (access(argv[1], F_OK) != 0)
		write_log(argv[1], days * 24 * 60, flows);
	int file = open(argv[1], O_RDONLY | O_CLOEXEC);
	double begin = seconds();
	if (file < 0 || survey_begin(&survey, 0) ||
	    survey_read(&survey, file, argv[1], &diagnostics) || survey_end(&survey))
		die(argv[1]);
	double took = seconds() - begin;
	off_t size = lseek(file, 0, SEEK_END);
	getrusage(RUSAGE_SELF, &usage);
	printf("%llu lines, %.2f GB, %zu items: %.2f s (%.2f GB/s, CPU %.2f s), %ld MB at most\n",
	       (unsigned long long)survey.lines, (double)size / 1e9, survey.count, took,
	       (double)size / 1e9 / took,
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
	       usage.ru_maxrss / 1024);
	survey_free(&survey);
	return 0;
}
