/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the compiler share: a folder of sources of their own, and an atlas of it. */
#ifndef GABELOU_TESTS_UNIT_TABLE_FIXTURE_H
#define GABELOU_TESTS_UNIT_TABLE_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/table/table.h"

#define OWNERS_HEADER   "asn,organisation,parent,jurisdiction,seat,since,source\n"
#define DOUBTFUL_HEADER "asn,name,candidate_parent,reason,fr_v4\n"
#define ANYCAST_HEADER  "prefix,operator,source\n"

struct fixture {
	char folder[64];
	struct diagnostics diagnostics;
};

/* Removed at exit: a failed test does not get to fixture_close. */
static char fixture_left[4][64];

static inline void fixture_remove(char *path)
{
	DIR *folder = path[0] ? opendir(path) : NULL;

	if (!folder)
		return;
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	rmdir(path);
	path[0] = '\0';
}

static inline void fixture_remove_left(void)
{
	for (size_t i = 0; i < sizeof(fixture_left) / sizeof(fixture_left[0]); i++)
		fixture_remove(fixture_left[i]);
}

static inline void fixture_open(struct fixture *fixture)
{
	static bool registered;
	size_t free_slot = 0;

	*fixture = (struct fixture){.folder = "/tmp/gabelou-table-XXXXXX"};
	assert_non_null(mkdtemp(fixture->folder));
	if (!registered)
		atexit(fixture_remove_left);
	registered = true;
	while (fixture_left[free_slot][0])
		free_slot++;
	strcpy(fixture_left[free_slot], fixture->folder);
}

static inline FILE *fixture_file(const struct fixture *fixture, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	FILE *file = fixture_file(fixture, name);

	fputs(text, file);
	fclose(file);
}

/* The files that say little: write them before those that matter. */
static inline void fixture_defaults(const struct fixture *fixture)
{
	fixture_write(fixture, "soil.csv.zst", "5.0.0.0,5.255.255.255,FR\n2a00::,2a00:ff::,FR\n");
	fixture_write(fixture, "asn.csv.zst", "5.0.0.0,5.0.0.255,1,One\n2a00::,2a00::1,2,Two\n");
	fixture_write(fixture, "registry.csv.zst", "5.0.0.0,5.0.0.255,FR\n2a00::,2a00::1,FR\n");
	fixture_write(fixture, "asn-names.csv.zst", "1,One\n2,Two\n");
	fixture_write(fixture, "owners.csv", OWNERS_HEADER "1,One,One SA,FR,,,test\n");
	fixture_write(fixture, "doubtful.csv", DOUBTFUL_HEADER "9,Nine,,doubtful,0\n");
	fixture_write(fixture, "regions.csv",
		      "provider,region,country,source\naws,eu-west-3,FR,test\n");
	fixture_write(fixture, "anycast.csv", ANYCAST_HEADER "5.9.9.0/24,Nine,test\n");
}

static inline void fixture_fail(struct fixture *fixture, const char *what)
{
	char text[1024];

	for (size_t i = 0; i < fixture->diagnostics.count; i++)
		print_message("# %s\n", diagnostic_format(&fixture->diagnostics.items[i], text,
							  sizeof(text)));
	fail_msg("%s", what);
}

static inline struct atlas *fixture_atlas(struct fixture *fixture, struct atlas_config *config)
{
	struct atlas *atlas = NULL;

	config->data_dir = fixture->folder;
	config->now = 1800000000;
	if (atlas_build(config, &atlas, &fixture->diagnostics))
		fixture_fail(fixture, "no atlas");
	return atlas;
}

static inline void fixture_close(struct fixture *fixture)
{
	for (size_t i = 0; i < sizeof(fixture_left) / sizeof(fixture_left[0]); i++)
		if (strcmp(fixture_left[i], fixture->folder) == 0)
			fixture_remove(fixture_left[i]);
	diagnostics_free(&fixture->diagnostics);
}

#endif
