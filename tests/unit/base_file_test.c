// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: files are read once and whole, lines come out right at every size, and what is cut off or
 * broken is refused with a message that names the file and the line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "userspace/base/file.h"

static char directory[] = "/tmp/gabelou-file-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static const char *write_file(const char *name, const void *bytes, size_t size)
{
	const char *path = path_of(name);
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
	return path;
}

static void expect_message(struct diagnostics *diagnostics, const char *part)
{
	char text[512];

	assert_int_equal(diagnostics->errors, 1);
	diagnostic_format(&diagnostics->items[0], text, sizeof(text));
	if (!strstr(text, part) || !strstr(text, directory))
		fail_msg("\"%s\" does not hold \"%s\"", text, part);
	diagnostics_free(diagnostics);
}

static void a_file_comes_whole_with_its_digest(void **state)
{
	struct diagnostics diagnostics = {0};
	struct digest digest = digest_of("a\0b", 3);
	struct file file;

	(void)state;
	assert_int_equal(file_read(write_file("f", "a\0b", 3), 3, &file, &diagnostics), 0);
	assert_int_equal(file.size, 3);
	assert_memory_equal(file.bytes, "a\0b", 3);
	assert_memory_equal(&file.digest, &digest, sizeof(digest));
	assert_string_equal(file.path, path_of("f"));
	assert_true(file.modified > 0);
	file_free(&file);
	file_free(&file);
}

static void a_descriptor_has_the_bytes_that_were_read(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file file;
	char bytes[8];

	(void)state;
	assert_int_equal(file_read(write_file("d", "a\0b", 3), 3, &file, &diagnostics), 0);
	write_file("d", "other", 5); /* what lies there by now does not matter */
	int fd = file_descriptor(&file);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 3);
	assert_memory_equal(bytes, "a\0b", 3);
	close(fd);
	unlink(file.path);
	file_free(&file);
}

static void what_is_no_plain_file_is_refused(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file file = {.size = 42};

	(void)state;
	assert_int_equal(file_read(path_of("absent"), 9, &file, &diagnostics), -ENOENT);
	expect_message(&diagnostics, "absent: cannot be read: No such file");
	assert_int_equal(file_read(directory, 9, &file, &diagnostics), -EINVAL);
	expect_message(&diagnostics, "not a regular file");
	assert_int_equal(file_read(write_file("empty", "", 0), 9, &file, &diagnostics), -ENODATA);
	expect_message(&diagnostics, "the file is empty");
	assert_int_equal(file_read(write_file("big", "1234", 4), 3, &file, &diagnostics), -EFBIG);
	expect_message(&diagnostics, "4 bytes");
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(file_read(path_of("fifo"), 9, &file, &diagnostics), -EINVAL);
	expect_message(&diagnostics, "not a regular file");
	assert_int_equal(file.size, 42); /* untouched */
}

static void a_replaced_file_is_the_new_one_with_its_mode(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file file;
	struct stat status;

	(void)state;
	write_file("r.new", "left behind", 11);
	assert_int_equal(chmod(path_of("r.new"), 0666), 0);
	write_file("r", "old", 3);
	assert_int_equal(file_replace(path_of("r"), "new!", 4, 0600, &diagnostics), 0);
	assert_int_equal(file_read(path_of("r"), 9, &file, &diagnostics), 0);
	assert_memory_equal(file.bytes, "new!", 4);
	file_free(&file);
	assert_int_equal(stat(path_of("r"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(access(path_of("r.new"), F_OK), -1);
	assert_int_equal(file_replace(path_of("no/where"), "x", 1, 0600, &diagnostics), -ENOENT);
	expect_message(&diagnostics, "cannot be written");
}

/* Reads all lines. Returns how many there were, or the error. */
static int count_lines(const struct file *file, size_t *bytes, struct diagnostics *diagnostics)
{
	struct lines *lines = lines_open(file);
	struct line line;
	int more, count = 0;

	assert_non_null(lines);
	*bytes = 0;
	while ((more = lines_next(lines, &line, diagnostics)) > 0) {
		assert_int_equal(line.number, ++count);
		assert_int_equal(line.text[line.length], '\0');
		assert_int_equal(strlen(line.text), line.length);
		*bytes += line.length;
	}
	lines_close(lines);
	return more < 0 ? more : count;
}

static struct file as_file(const void *bytes, size_t size)
{
	return (struct file){.path = directory, .bytes = (void *)bytes, .size = size};
}

static void lines_end_at_newlines(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file file = as_file("a\n\nbc\r\n\r\n", 9);
	size_t bytes;

	(void)state;
	assert_int_equal(count_lines(&file, &bytes, &diagnostics), 4);
	assert_int_equal(bytes, 3);
	assert_int_equal(diagnostics.count, 0);
}

static void broken_text_is_refused_with_its_line(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file cut = as_file("a\nb", 3), nul = as_file("a\nb\0c\n", 6);
	size_t bytes;
	char line[32];

	(void)state;
	assert_int_equal(count_lines(&cut, &bytes, &diagnostics), -EBADMSG);
	snprintf(line, sizeof(line), "%s", ":2: the file ends in the middle");
	expect_message(&diagnostics, line);
	assert_int_equal(count_lines(&nul, &bytes, &diagnostics), -EBADMSG);
	expect_message(&diagnostics, ":2: a NUL byte");
}

/* The longest line allowed, and one byte more, at every position of the buffer. */
static void lines_have_a_longest(void **state)
{
	const size_t most = 64 << 10, room = 4 * most;
	struct diagnostics diagnostics = {0};
	char *text = malloc(room);
	size_t bytes;

	(void)state;
	assert_non_null(text);
	for (size_t before = 0; before < 3 * most; before += most - 1) {
		memset(text, 'x', room);
		for (size_t i = 0; i < before; i += 8)
			text[i] = '\n';
		text[before] = '\n';
		text[before + most + 1] = '\n';
		struct file longest = as_file(text, before + most + 2);
		assert_true(count_lines(&longest, &bytes, &diagnostics) > 0);
		text[before + most + 1] = 'x';
		text[before + most + 2] = '\n';
		struct file longer = as_file(text, before + most + 3);
		assert_int_equal(count_lines(&longer, &bytes, &diagnostics), -EBADMSG);
		expect_message(&diagnostics, "a line of over 65536 bytes");
	}
	free(text);
}

static void many_lines_cross_the_buffer(void **state)
{
	enum { LINES = 300000 };
	struct diagnostics diagnostics = {0};
	size_t size = 0, bytes, expected = 0;
	char *text = malloc(LINES * 16);

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < LINES; i++) {
		int length = sprintf(text + size, "%.*s\n", i % 13, "abcdefghijklm");

		size += (size_t)length;
		expected += (size_t)length - 1;
	}
	struct file plain = as_file(text, size);
	assert_int_equal(count_lines(&plain, &bytes, &diagnostics), LINES);
	assert_int_equal(bytes, expected);

	size_t bound = ZSTD_compressBound(size);
	char *packed = malloc(bound);
	assert_non_null(packed);
	size_t packed_size = ZSTD_compress(packed, bound, text, size, 3);
	assert_false(ZSTD_isError(packed_size));
	struct file compressed = as_file(packed, packed_size);
	assert_int_equal(count_lines(&compressed, &bytes, &diagnostics), LINES);
	assert_int_equal(bytes, expected);
	free(packed);
	free(text);
}

/* Cut anywhere, a compressed file is refused; a flipped bit is, too (the frame has a checksum). */
static void a_cut_or_broken_frame_is_refused(void **state)
{
	static const char text[] = "1.0.0.0,AU\n1.0.1.0,CN\n1.0.4.0,AU\n1.0.8.0,CN\n";
	char packed[256];
	struct diagnostics diagnostics = {0};
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t bytes;

	(void)state;
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	size_t size = ZSTD_compress2(context, packed, sizeof(packed), text, sizeof(text) - 1);
	ZSTD_freeCCtx(context);
	assert_false(ZSTD_isError(size));
	for (size_t cut = 1; cut < size; cut++) {
		struct file file = as_file(packed, cut);

		assert_int_equal(count_lines(&file, &bytes, &diagnostics), -EBADMSG);
		expect_message(&diagnostics, "ends");
	}
	packed[size / 2] ^= 1;
	struct file file = as_file(packed, size);
	assert_int_equal(count_lines(&file, &bytes, &diagnostics), -EBADMSG);
	expect_message(&diagnostics, "broken zstd data");
}

/* Several frames one after another are one file (RFC 8878, 3.1). */
static void frames_follow_one_another(void **state)
{
	char packed[128];
	struct diagnostics diagnostics = {0};
	size_t bytes, size = ZSTD_compress(packed, sizeof(packed), "a\nb", 3, 1);

	(void)state;
	size += ZSTD_compress(packed + size, sizeof(packed) - size, "c\n", 2, 1);
	struct file file = as_file(packed, size);
	assert_int_equal(count_lines(&file, &bytes, &diagnostics), 2);
	assert_int_equal(bytes, 3);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {"f", "empty", "big", "fifo", "r", "r.new"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path_of(names[i]));
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_whole_with_its_digest),
		cmocka_unit_test(a_descriptor_has_the_bytes_that_were_read),
		cmocka_unit_test(what_is_no_plain_file_is_refused),
		cmocka_unit_test(a_replaced_file_is_the_new_one_with_its_mode),
		cmocka_unit_test(lines_end_at_newlines),
		cmocka_unit_test(broken_text_is_refused_with_its_line),
		cmocka_unit_test(lines_have_a_longest),
		cmocka_unit_test(many_lines_cross_the_buffer),
		cmocka_unit_test(a_cut_or_broken_frame_is_refused),
		cmocka_unit_test(frames_follow_one_another),
	};

	return cmocka_run_group_tests_name("file", tests, make_directory, remove_directory);
}
