// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/fetch/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "userspace/base/file.h"
#include "userspace/fetch/unpack.h"

#define REDIRECTS_MOST  5
#define CONNECT_SECONDS 20

struct fetch {
	const struct fetch_request *request;
	CURL *curl;
	struct curl_slist *headers;
	struct unpack *unpack;
	struct digest_state *digest;
	struct fetch_validators validators; /* of the answer that is coming */
	int fd;
	int error;          /* of ours, while curl only knows that a callback failed */
	const char *detail; /* of that */
	char fault[CURL_ERROR_SIZE];
};

static size_t take_body(char *bytes, size_t one, size_t count, void *context)
{
	struct fetch *fetch = context;
	size_t size = one * count;

	digest_add(fetch->digest, bytes, size);
	fetch->error = unpack_add(fetch->unpack, bytes, size, &fetch->detail);
	return fetch->error ? 0 : size;
}

/* The value of "name: value" into @text. One that does not fit is of no use. */
static void take_value(const char *line, size_t length, const char *name, char *text, size_t most)
{
	size_t skip = strlen(name);

	if (length < skip || strncasecmp(line, name, skip) != 0)
		return;
	for (line += skip, length -= skip; length && *line == ' '; line++)
		length--;
	while (length && (line[length - 1] == '\r' || line[length - 1] == '\n'))
		length--;
	snprintf(text, most, "%.*s", length < most ? (int)length : 0, line);
}

static size_t take_header(char *line, size_t one, size_t count, void *context)
{
	struct fetch *fetch = context;
	struct fetch_validators *validators = &fetch->validators;
	size_t length = one * count;

	if (length > 5 && strncmp(line, "HTTP/", 5) == 0) /* the next answer, after a redirect */
		*validators = (struct fetch_validators){0};
	take_value(line, length, "etag:", validators->etag, sizeof(validators->etag));
	take_value(line, length, "last-modified:", validators->modified,
		   sizeof(validators->modified));
	return length;
}

static void add_header(struct fetch *fetch, const char *name, const char *value)
{
	char line[384];

	if (!*value)
		return;
	snprintf(line, sizeof(line), "%s: %s", name, value);
	struct curl_slist *longer = curl_slist_append(fetch->headers, line);
	if (longer)
		fetch->headers = longer;
}

static void set_options(struct fetch *fetch)
{
	const struct fetch_request *request = fetch->request;
	CURL *curl = fetch->curl;

	add_header(fetch, "If-None-Match", request->known.etag);
	add_header(fetch, "If-Modified-Since", request->known.modified);
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fetch->headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "gabelou/" GABELOU_VERSION);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MOST);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT,
			 (long)(request->seconds ? request->seconds : FETCH_SECONDS_MOST));
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1000L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SILENCE_MOST);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->fault);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
	if (request->authorities)
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->authorities);
}

static const char *remedy(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return "check the address; if it is gabelou that cuts it off, 'gabelou explain "
		       "HOST' says so";
	case CURLE_TOO_MANY_REDIRECTS:
		return "it is sent in circles; check the address";
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "it is sent away from https; ask who runs the server";
	case CURLE_HTTP_RETURNED_ERROR:
		return "check the address, and what the server wants of who asks";
	case CURLE_OPERATION_TIMEDOUT:
		return "the server is too slow; try again later";
	case CURLE_PARTIAL_FILE:
		return "the file ends early; try again later";
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "whoever answers is not known to be the server; look who does";
	default:
		return "try again later";
	}
}

static int say_fault(const struct fetch *fetch, CURLcode code, struct diagnostics *diagnostics)
{
	struct location where = {.file = fetch->request->url};

	if (fetch->error == -EFBIG)
		return diagnostics_error(
			diagnostics, EFBIG, where,
			"over %zu bytes came, far more than this file had; if that "
			"is right, update with --any-size",
			fetch->request->most);
	if (fetch->error)
		return diagnostics_error(diagnostics, -fetch->error, where, "%s", fetch->detail);
	return diagnostics_error(diagnostics, EIO, where, "%s; %s",
				 *fetch->fault ? fetch->fault : curl_easy_strerror(code),
				 remedy(code));
}

/* All bytes came: is there an answer in them? */
static int finish(struct fetch *fetch, struct fetch_answer *answer, struct diagnostics *diagnostics)
{
	struct location where = {.file = fetch->request->url};
	long status = 0;

	curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	answer->validators = fetch->validators;
	answer->unchanged = status == 304;
	if (answer->unchanged)
		return 0;
	fetch->error = unpack_end(fetch->unpack, &answer->size, &fetch->detail);
	if (!fetch->error && fsync(fetch->fd)) {
		fetch->error = -errno;
		fetch->detail = strerror(errno);
	}
	if (fetch->error)
		return say_fault(fetch, CURLE_WRITE_ERROR, diagnostics);
	if (answer->size == 0)
		return diagnostics_error(diagnostics, ENODATA, where,
					 "an empty file came; try again later");
	return 0;
}

static int perform(struct fetch *fetch, struct fetch_answer *answer,
		   struct diagnostics *diagnostics)
{
	if (!fetch->curl || !fetch->digest || !fetch->unpack)
		return diagnostics_error(diagnostics, ENOMEM, (struct location){0},
					 "out of memory");
	set_options(fetch);
	CURLcode code = curl_easy_perform(fetch->curl);

	if (code != CURLE_OK)
		return say_fault(fetch, code, diagnostics);
	return finish(fetch, answer, diagnostics);
}

int fetch_file(const struct fetch_request *request, struct fetch_answer *answer,
	       struct diagnostics *diagnostics)
{
	struct fetch fetch = {.request = request};

	*answer = (struct fetch_answer){0};
	unlink(request->to); /* what an interrupted run left */
	fetch.fd = open(request->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fetch.fd < 0)
		return diagnostics_error(diagnostics, errno, (struct location){.file = request->to},
					 "cannot be written: %s; make its folder, or name another "
					 "file",
					 strerror(errno));
	fetch.curl = curl_easy_init();
	fetch.digest = digest_start();
	fetch.unpack = unpack_start(fetch.fd, request->most);
	int error = perform(&fetch, answer, diagnostics);
	if (fetch.digest)
		answer->digest = digest_end(fetch.digest);
	unpack_free(fetch.unpack);
	curl_slist_free_all(fetch.headers);
	curl_easy_cleanup(fetch.curl);
	close(fetch.fd);
	if (error || answer->unchanged)
		unlink(request->to);
	return error;
}
