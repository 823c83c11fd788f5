// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From soil sources that vote, and the embedded data beside them, to a merged atlas: elapsed time,
 * CPU time and the most resident memory of a process that does nothing else. Nothing is cached but
 * the files, by the kernel.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/world.h"

/* What the child says of its run. */
struct outcome {
	double wall_ns;
	double rows; /* of the soil sources */
	double places;
};

static struct outcome build(const struct atlas_config *config)
{
	struct diagnostics diagnostics = {0};
	struct outcome outcome = {0};
	struct atlas *atlas;
	double begin = bench_clock(CLOCK_MONOTONIC);

	if (atlas_build(config, &atlas, &diagnostics))
		world_refused(&diagnostics);
	outcome.wall_ns = bench_clock(CLOCK_MONOTONIC) - begin;
	for (size_t i = 0; i < atlas_soil_source_count(atlas); i++)
		outcome.rows += (double)atlas_source(atlas, i)->rows;
	outcome.places = atlas_place_count(atlas);
	return outcome;
}

/* In a process of its own, so that its memory is its own. */
static struct outcome build_apart(const struct atlas_config *config, struct rusage *usage)
{
	struct outcome outcome;
	int pipes[2], status;

	if (pipe(pipes))
		bench_die("pipe");
	pid_t child = fork();
	if (child < 0)
		bench_die("fork");
	if (child == 0) {
		outcome = build(config);
		_exit(write(pipes[1], &outcome, sizeof(outcome)) != sizeof(outcome));
	}
	close(pipes[1]);
	ssize_t got = read(pipes[0], &outcome, sizeof(outcome));
	close(pipes[0]);
	if (wait4(child, &status, 0, usage) != child || status || got != sizeof(outcome)) {
		fprintf(stderr, "bench: the atlas was not built\n");
		exit(1);
	}
	return outcome;
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct bench_series wall = {0}, cpu = {0}, memory = {0}, rows = {0}, places = {0};
	struct data_file files[ATLAS_SOIL_SOURCES_MOST] = {0};
	struct atlas_config config = {.now = time(NULL)};

	if (argc < 4 || argc > 3 + ATLAS_SOIL_SOURCES_MOST || atoi(argv[2]) < 1) {
		fprintf(stderr, "usage: atlas_bench DATA_DIR RUNS SOURCE... (at most %d)\n",
			ATLAS_SOIL_SOURCES_MOST);
		return 2;
	}
	config.data_dir = argv[1];
	config.data.agree = DATA_AGREE_MAJORITY;
	config.data.files[DATA_SOIL] = (struct data_files){files, (size_t)argc - 3};
	for (int i = 3; i < argc; i++)
		files[i - 3].path = argv[i];
	for (int run = 0; run < atoi(argv[2]); run++) {
		struct rusage usage;
		struct outcome outcome = build_apart(&config, &usage);

		bench_add(&wall, outcome.wall_ns / 1e9);
		bench_add(&cpu, seconds(usage.ru_utime) + seconds(usage.ru_stime));
		bench_add(&memory, (double)usage.ru_maxrss * 1024);
		bench_add(&rows, outcome.rows);
		bench_add(&places, outcome.places);
	}
	bench_report("atlas/build", "s", &wall, NULL, NULL);
	bench_report("atlas/build/cpu", "s", &cpu, NULL, NULL);
	bench_report("atlas/build/process", "B", &memory, NULL, NULL);
	bench_report("atlas/rows", "", &rows, NULL, NULL);
	bench_report("atlas/places", "", &places, NULL, NULL);
	return 0;
}
