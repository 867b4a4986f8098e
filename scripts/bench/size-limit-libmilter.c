/*
 * size-limit-libmilter: a filter on C libmilter that refuses large messages, to compare `size-limit` with.
 *
 * Counts header fields, the empty line and the body with CRLF line ends, and refuses a message as soon as it
 * exceeds the limit: at MAIL by the declared size, after the header, or within the body. It hears only what it
 * needs, and answers nothing but where it may refuse.
 *
 *   cc -O2 -Wall -Wextra -o size-limit-libmilter size-limit-libmilter.c -lmilter -lpthread
 *   ./size-limit-libmilter -p unix:/tmp/filter.sock -m BYTES
 */
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <sysexits.h>
#include <unistd.h>

/* What is kept of a connection. */
struct session {
	size_t size;			/* of its message so far */
	int header_unanswered;		/* whether header fields get no answer */
};

static size_t limit;

static struct session *
session_of(SMFICTX *ctx)
{
	struct session *s = smfi_getpriv(ctx);

	if (s == NULL && (s = calloc(1, sizeof *s)) != NULL)
		smfi_setpriv(ctx, s);
	return s;
}

static sfsistat
judge(SMFICTX *ctx, size_t size)
{
	char text[100];

	if (size <= limit)
		return SMFIS_CONTINUE;
	snprintf(text, sizeof text, "Message too large: %zu bytes, limit is %zu", size, limit);
	smfi_setreply(ctx, "552", "5.3.4", text);
	return SMFIS_REJECT;
}

static sfsistat
negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
    unsigned long f3, unsigned long *pactions, unsigned long *psteps, unsigned long *pf2,
    unsigned long *pf3)
{
	struct session *s = session_of(ctx);

	(void)actions, (void)f2, (void)f3;
	if (s == NULL)
		return SMFIS_TEMPFAIL;
	*pactions = 0;
	*psteps = steps & (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NORCPT | SMFIP_NODATA |
	    SMFIP_NOUNKNOWN | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC);
	*pf2 = *pf3 = 0;
	s->header_unanswered = (*psteps & SMFIP_NR_HDR) != 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_envfrom(SMFICTX *ctx, char **argv)
{
	struct session *s = session_of(ctx);

	if (s == NULL)
		return SMFIS_TEMPFAIL;
	s->size = 0;
	while (*++argv != NULL)
		if (strncasecmp(*argv, "SIZE=", 5) == 0)
			return judge(ctx, strtoull(*argv + 5, NULL, 10));
	return SMFIS_CONTINUE;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = session_of(ctx);

	/* A colon and CRLF; a line end within the value is LF here. */
	s->size += strlen(name) + strlen(value) + 3;
	for (; (value = strchr(value, '\n')) != NULL; value++)
		s->size++;
	return s->header_unanswered ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	s->size += 2;
	return judge(ctx, s->size);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	struct session *s = session_of(ctx);

	(void)data;
	s->size += len;
	return judge(ctx, s->size);
}

static sfsistat
on_close(SMFICTX *ctx)
{
	free(smfi_getpriv(ctx));
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

int
main(int argc, char **argv)
{
	struct smfiDesc desc = {
		.xxfi_name = "size-limit", .xxfi_version = SMFI_VERSION,
		.xxfi_envfrom = on_envfrom, .xxfi_header = on_header, .xxfi_eoh = on_eoh,
		.xxfi_body = on_body, .xxfi_close = on_close, .xxfi_negotiate = negotiate,
	};
	char *address = NULL;
	int ch;

	while ((ch = getopt(argc, argv, "p:m:")) != -1)
		switch (ch) {
		case 'p': address = optarg; break;
		case 'm': limit = strtoull(optarg, NULL, 10); break;
		default: return EX_USAGE;
		}
	if (address == NULL || limit == 0) {
		fprintf(stderr, "usage: size-limit-libmilter -p ADDRESS -m BYTES\n");
		return EX_USAGE;
	}
	if (smfi_setconn(address) != MI_SUCCESS || smfi_register(desc) != MI_SUCCESS ||
	    smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "size-limit-libmilter: cannot listen on %s\n", address);
		return EX_UNAVAILABLE;
	}
	return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}
