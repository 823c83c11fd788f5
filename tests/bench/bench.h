/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every bench needs: one CPU, time spent on it, several runs, and one JSON object a line for
 * each measurement (docs/performance.md says what its keys mean).
 */
#ifndef GABELOU_TESTS_BENCH_BENCH_H
#define GABELOU_TESTS_BENCH_BENCH_H

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BENCH_RUNS_MOST 32
#define BENCH_SEED      0x6761626c6f75ull /* the same addresses in every run of every bench */

/* One value a run. All zero is empty. */
struct bench_series {
	double values[BENCH_RUNS_MOST];
	unsigned count;
};

static inline void bench_die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline void *bench_alloc(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		bench_die("memory");
	return memory;
}

/* Everything that is compared runs on one CPU, so that it shares caches and clock. */
static inline void bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bench_die("sched_setaffinity");
}

static inline double bench_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds that this thread has had the CPU: what other processes take does not count. */
static inline double bench_cpu_ns(void)
{
	return bench_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* Bytes that a BPF map is charged for, by the kernel's own account. */
static inline double bench_map_bytes(int map)
{
	char path[64], line[128];
	double bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
	FILE *file = fopen(path, "re");

	if (!file)
		bench_die(path);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "memlock: %lf", &bytes);
	fclose(file);
	return bytes;
}

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t bench_random(uint64_t *state)
{
	uint64_t word = *state += 0x9e3779b97f4a7c15ull;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9ull;
	word = (word ^ word >> 27) * 0x94d049bb133111ebull;
	return word ^ word >> 31;
}

static inline void bench_add(struct bench_series *series, double value)
{
	if (series->count < BENCH_RUNS_MOST)
		series->values[series->count++] = value;
}

static inline int bench_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static inline double bench_median(const struct bench_series *series)
{
	double sorted[BENCH_RUNS_MOST];

	if (!series->count)
		return 0;
	memcpy(sorted, series->values, sizeof(sorted));
	qsort(sorted, series->count, sizeof(*sorted), bench_compare);
	return (sorted[(series->count - 1) / 2] + sorted[series->count / 2]) / 2;
}

/* From the least to the most of the runs, as a part of the median. */
static inline double bench_spread(const struct bench_series *series)
{
	double least = series->values[0], most = least, median = bench_median(series);

	for (unsigned i = 1; i < series->count; i++) {
		if (series->values[i] < least)
			least = series->values[i];
		if (series->values[i] > most)
			most = series->values[i];
	}
	return median ? (most - least) / median : 0;
}

/* Above 1 is better than the peer: of rates more is better, of all else less. */
static inline double bench_ratio(const char *unit, double value, double peer)
{
	const char *slash = strrchr(unit, '/');
	double over = slash && strcmp(slash, "/s") == 0 ? value : peer,
	       under = slash && strcmp(slash, "/s") == 0 ? peer : value;

	return under ? over / under : 0;
}

/* One line. @peer NULL: measured beside nothing. */
static inline void bench_report(const char *name, const char *unit,
				const struct bench_series *series, const char *peer,
				const struct bench_series *peer_series)
{
	double value = bench_median(series), peer_value = peer ? bench_median(peer_series) : 0;

	printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", ", name, value, unit);
	if (peer)
		printf("\"peer\": \"%s\", \"peer_value\": %.6g, \"ratio\": %.4g, ", peer,
		       peer_value, bench_ratio(unit, value, peer_value));
	else
		printf("\"peer\": null, \"peer_value\": null, \"ratio\": null, ");
	printf("\"runs\": %u, \"spread\": %.4f}\n", series->count, bench_spread(series));
	fflush(stdout);
}

#endif
