/*
 * add-header-libmilter: a filter on C libmilter that adds a header field at the end of each message, to compare
 * `header-rewrite --add` with. It hears nothing else, which is the cheapest way to do that.
 *
 *   cc -O2 -Wall -Wextra -o add-header-libmilter add-header-libmilter.c -lmilter -lpthread
 *   ./add-header-libmilter -p unix:/tmp/filter.sock -n NAME -v VALUE
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <sys/types.h>
#include <sysexits.h>
#include <unistd.h>

static char *field_name, *field_value;

static sfsistat
on_eom(SMFICTX *ctx)
{
	return smfi_addheader(ctx, field_name, field_value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

int
main(int argc, char **argv)
{
	/* libmilter asks the MTA to leave out each event that has no callback. */
	struct smfiDesc desc = {
		.xxfi_name = "add-header", .xxfi_version = SMFI_VERSION, .xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_eom = on_eom,
	};
	char *address = NULL;
	int ch;

	while ((ch = getopt(argc, argv, "p:n:v:")) != -1)
		switch (ch) {
		case 'p': address = optarg; break;
		case 'n': field_name = optarg; break;
		case 'v': field_value = optarg; break;
		default: return EX_USAGE;
		}
	if (address == NULL || field_name == NULL || field_value == NULL) {
		fprintf(stderr, "usage: add-header-libmilter -p ADDRESS -n NAME -v VALUE\n");
		return EX_USAGE;
	}
	if (smfi_setconn(address) != MI_SUCCESS || smfi_register(desc) != MI_SUCCESS ||
	    smfi_opensocket(1) != MI_SUCCESS) {
		fprintf(stderr, "add-header-libmilter: cannot listen on %s\n", address);
		return EX_UNAVAILABLE;
	}
	return smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE;
}
