// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command and says what it took: time, its own memory, the kernel's memory that stays
 * allocated when it has ended. With -m PINS also what the BPF objects are charged for that are
 * pinned below the folder PINS before and after, and at most during: those of before and those
 * that the command holds, each once. They are looked at every millisecond, so leave it out where
 * time counts.
 *
 * A line on stdout: {"sample", "subject", "wall_ns", "cpu_ns", "rss" (bytes, at most), "kernel"
 * (bytes that stay), and with -m "maps_before", "maps_peak", "maps_after"}
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define SETTLE_US    100000
#define SETTLES_MOST 30
#define SETTLED      (256 * 1024) /* bytes */
#define SAMPLE_US    1000
#define OBJECTS_MOST 1024

/* BPF objects, each once. */
static struct objects {
	unsigned numbers[OBJECTS_MOST]; /* of maps; of programs with the top bit set */
	size_t count;
	double bytes;
} pinned;

static void objects_add(struct objects *objects, const char *fdinfo)
{
	char line[128];
	double bytes = 0;
	unsigned number = 0;
	FILE *file = fopen(fdinfo, "re");

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "memlock: %lf", &bytes);
		sscanf(line, "map_id: %u", &number);
		if (sscanf(line, "prog_id: %u", &number) == 1)
			number |= 1u << 31;
	}
	if (file)
		fclose(file);
	for (size_t i = 0; i < objects->count; i++)
		if (objects->numbers[i] == number)
			return;
	if (!number || !bytes || objects->count == OBJECTS_MOST)
		return;
	objects->numbers[objects->count++] = number;
	objects->bytes += bytes;
}

static int add_pinned(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	char fdinfo[64];
	int object;

	(void)status, (void)walk;
	if (kind != FTW_F)
		return 0;
	object = bpf_obj_get(path);
	if (object < 0)
		return 0;
	snprintf(fdinfo, sizeof(fdinfo), "/proc/self/fdinfo/%d", object);
	objects_add(&pinned, fdinfo);
	close(object);
	return 0;
}

/* Into "pinned"; a folder that does not exist yet holds nothing. */
static void find_pinned(const char *folder)
{
	pinned = (struct objects){0};
	nftw(folder, add_pinned, 16, FTW_PHYS);
}

/* Bytes of what is pinned and of what @process holds. */
static double held_bytes(pid_t process)
{
	struct objects all = pinned;
	struct dirent *entry;
	char path[320];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", process);
	DIR *folder = opendir(path);

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", process, entry->d_name);
		objects_add(&all, path);
	}
	if (folder)
		closedir(folder);
	return all.bytes;
}

/* Where the kernel accounts for what rule sets, sets and maps are made of. */
static double kernel_bytes_now(void)
{
	static const char *const parts[] = {"SUnreclaim:", "VmallocUsed:", "Percpu:"};
	char line[128], name[64];
	double sum = 0, kilobytes;
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		bench_die("/proc/meminfo");
	while (fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			if (sscanf(line, "%63s %lf", name, &kilobytes) == 2 &&
			    strcmp(name, parts[i]) == 0)
				sum += kilobytes * 1024;
	fclose(file);
	return sum;
}

/* The kernel frees behind our back: waits until the number stands still. */
static double kernel_bytes(void)
{
	double last = kernel_bytes_now(), now = last;

	for (int i = 0; i < SETTLES_MOST; i++) {
		usleep(SETTLE_US);
		now = kernel_bytes_now();
		if (now - last < SETTLED && last - now < SETTLED)
			break;
		last = now;
	}
	return now;
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		bench_die("fork");
	if (child > 0)
		return child;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* Waits for @child; with @peak looks at what it holds meanwhile. */
static struct rusage await(pid_t child, double *peak)
{
	struct rusage usage;
	int status, options = peak ? WNOHANG : 0;
	pid_t ended;

	while ((ended = wait4(child, &status, options, &usage)) == 0) {
		double now = held_bytes(child);

		if (now > *peak)
			*peak = now;
		usleep(SAMPLE_US);
	}
	if (ended != child)
		bench_die("wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "bench: the command failed\n");
		exit(1);
	}
	return usage;
}

static double timeval_ns(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

int main(int argc, char **argv)
{
	const char *pins = argc > 2 && strcmp(argv[1], "-m") == 0 ? argv[2] : NULL;
	double kernel, wall, before, peak;

	argv += pins ? 2 : 0;
	argc -= pins ? 2 : 0;
	if (argc < 4) {
		fprintf(stderr, "usage: run_bench [-m PINS] SAMPLE SUBJECT COMMAND...\n");
		return 2;
	}
	if (pins)
		find_pinned(pins);
	peak = before = pinned.bytes;
	kernel = kernel_bytes();
	wall = bench_clock(CLOCK_MONOTONIC);
	struct rusage usage = await(start(argv + 3), pins ? &peak : NULL);
	wall = bench_clock(CLOCK_MONOTONIC) - wall;
	printf("{\"sample\": \"%s\", \"subject\": \"%s\", \"wall_ns\": %.0f, \"cpu_ns\": %.0f, "
	       "\"rss\": %.0f, \"kernel\": %.0f",
	       argv[1], argv[2], wall, timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime),
	       (double)usage.ru_maxrss * 1024, kernel_bytes() - kernel);
	if (pins) {
		find_pinned(pins);
		printf(", \"maps_before\": %.0f, \"maps_peak\": %.0f, \"maps_after\": %.0f", before,
		       peak, pinned.bytes);
	}
	printf("}\n");
	return 0;
}
