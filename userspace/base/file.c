// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define LINE_MOST (64u << 10)

static int read_all(int fd, char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, bytes + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -ESTALE;
		done += (size_t)got;
	}
	return 0;
}

/* Is it a file of a size that is read? */
static int check_status(const struct stat *status, size_t most, struct location where,
			struct diagnostics *diagnostics)
{
	if (!S_ISREG(status->st_mode))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "not a regular file; name one");
	if (status->st_size == 0)
		return diagnostics_error(diagnostics, ENODATA, where,
					 "the file is empty; restore it from its source");
	if ((uintmax_t)status->st_size > most)
		return diagnostics_error(diagnostics, EFBIG, where,
					 "%jd bytes, and at most %zu are read; name a smaller file",
					 (intmax_t)status->st_size, most);
	return 0;
}

int file_read(const char *path, size_t most, struct file *file, struct diagnostics *diagnostics)
{
	struct location where = {.file = path};
	struct stat status;
	struct file result;
	int error;

	/* A FIFO would keep open() waiting for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &status)) {
		error = diagnostics_error(diagnostics, errno, where,
					  "cannot be read: %s; check its path and permissions",
					  strerror(errno));
		goto close_file;
	}
	error = check_status(&status, most, where, diagnostics);
	if (error)
		goto close_file;
	result = (struct file){
		.path = strdup(path),
		.bytes = malloc((size_t)status.st_size),
		.size = (size_t)status.st_size,
		.modified = status.st_mtime,
	};
	error = result.path && result.bytes ? read_all(fd, result.bytes, result.size) : -ENOMEM;
	if (error) {
		diagnostics_error(diagnostics, -error, where, "cannot be read: %s; try again",
				  error == -ESTALE ? "it changed meanwhile" : strerror(-error));
		file_free(&result);
		goto close_file;
	}
	result.digest = digest_of(result.bytes, result.size);
	*file = result;
close_file:
	if (fd >= 0)
		close(fd);
	return error;
}

void file_free(struct file *file)
{
	free(file->path);
	free(file->bytes);
	*file = (struct file){0};
}

int file_descriptor(const struct file *file)
{
	int fd = memfd_create("gabelou", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	int error = file_write(fd, file->bytes, file->size);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int file_write(int fd, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t put = write(fd, (const char *)bytes + done, size - done);

		if (put >= 0)
			done += (size_t)put;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int write_synced(const char *path, const void *bytes, size_t size, unsigned mode)
{
	/* What an interrupted run left behind has its own mode, or is another's link. */
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	int error = file_write(fd, bytes, size);
	if (!error && fsync(fd))
		error = -errno;
	if (close(fd) && !error)
		error = -errno;
	return error;
}

int file_sync_folder(const char *path)
{
	char *copy = strdup(path);
	int error = 0;

	if (!copy)
		return -ENOMEM;
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		error = -errno;
	if (fd >= 0)
		close(fd);
	free(copy);
	return error;
}

int file_replace(const char *path, const void *bytes, size_t size, unsigned mode,
		 struct diagnostics *diagnostics)
{
	char *temporary;

	if (asprintf(&temporary, "%s.new", path) < 0)
		return -ENOMEM;
	int error = write_synced(temporary, bytes, size, mode);
	if (!error && rename(temporary, path))
		error = -errno;
	if (!error)
		error = file_sync_folder(path);
	if (error) {
		unlink(temporary);
		diagnostics_error(diagnostics, -error, (struct location){.file = path},
				  "cannot be written: %s", strerror(-error));
	}
	free(temporary);
	return error;
}

struct lines {
	const struct file *file;
	ZSTD_DCtx *zstd; /* NULL: a plain file */
	size_t consumed; /* bytes of the file taken so far */
	size_t frame;    /* what zstd expects next; 0 at the end of a frame */
	unsigned number;
	size_t start, end; /* what of buffer is not yet handed out */
	char buffer[2 * LINE_MOST];
};

struct lines *lines_open(const struct file *file)
{
	static const uint8_t magic[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */
	struct lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->file = file;
	if (file->size < sizeof(magic) || memcmp(file->bytes, magic, sizeof(magic)) != 0)
		return lines;
	lines->zstd = ZSTD_createDCtx();
	if (!lines->zstd) {
		free(lines);
		return NULL;
	}
	return lines;
}

void lines_close(struct lines *lines)
{
	if (!lines)
		return;
	ZSTD_freeDCtx(lines->zstd);
	free(lines);
}

/* Moves what is left to the front and fills up behind it. 1: more came, 0: end, -errno. */
static int refill(struct lines *lines, struct diagnostics *diagnostics)
{
	struct location where = {lines->file->path, lines->number + 1, 0};
	size_t before;

	memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	before = lines->end;

	ZSTD_inBuffer in = {lines->file->bytes, lines->file->size, lines->consumed};
	ZSTD_outBuffer out = {lines->buffer, sizeof(lines->buffer), lines->end};
	if (!lines->zstd) {
		size_t take = in.size - in.pos < out.size - out.pos ? in.size - in.pos
								    : out.size - out.pos;
		memcpy(lines->buffer + out.pos, (const char *)in.src + in.pos, take);
		in.pos += take;
		out.pos += take;
	}
	while (lines->zstd && out.pos == before && (in.pos < in.size || lines->frame)) {
		size_t consumed = in.pos;

		lines->frame = ZSTD_decompressStream(lines->zstd, &out, &in);
		if (ZSTD_isError(lines->frame))
			return diagnostics_error(diagnostics, EBADMSG, where,
						 "broken zstd data (%s); fetch the file again",
						 ZSTD_getErrorName(lines->frame));
		if (lines->frame && in.pos == consumed && out.pos == before)
			return diagnostics_error(diagnostics, EBADMSG, where,
						 "the compressed file ends early; fetch it again");
	}
	lines->consumed = in.pos;
	lines->end = out.pos;
	return out.pos > before;
}

static int long_line(const struct lines *lines, struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, EBADMSG,
				 (struct location){lines->file->path, lines->number + 1, 0},
				 "a line of over %u bytes: this is not a text file", LINE_MOST);
}

static int hand_out(struct lines *lines, char *newline, struct line *line,
		    struct diagnostics *diagnostics)
{
	char *text = lines->buffer + lines->start;
	size_t length = (size_t)(newline - text);

	if (length > LINE_MOST)
		return long_line(lines, diagnostics);
	lines->start += length + 1;
	lines->number++;
	if (memchr(text, '\0', length))
		return diagnostics_error(diagnostics, EBADMSG,
					 (struct location){lines->file->path, lines->number, 0},
					 "a NUL byte: this is not a text file");
	if (length && text[length - 1] == '\r')
		length--;
	text[length] = '\0';
	*line = (struct line){text, length, lines->number};
	return 1;
}

int lines_next(struct lines *lines, struct line *line, struct diagnostics *diagnostics)
{
	struct location where = {lines->file->path, lines->number + 1, 0};

	for (;;) {
		size_t left = lines->end - lines->start;
		char *newline = memchr(lines->buffer + lines->start, '\n', left);

		if (newline)
			return hand_out(lines, newline, line, diagnostics);
		if (left > LINE_MOST)
			return long_line(lines, diagnostics);
		int more = refill(lines, diagnostics);
		if (more < 0)
			return more;
		if (more == 0 && left)
			return diagnostics_error(diagnostics, EBADMSG, where,
						 "the file ends in the middle of a line; "
						 "fetch it again");
		if (more == 0)
			return 0;
	}
}
