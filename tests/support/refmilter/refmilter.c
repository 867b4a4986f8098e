#define _GNU_SOURCE
/*
 * refmilter: a scripted milter on libmilter, the reference for tests/integration/chain_exactness_test.ts.
 * tests/mta_cases/README.md describes the language of its scripts. It reloads its script for every connection from
 * an MTA. For each callback it writes a line of JSON to its log before it answers:
 *
 *   {"f":"A","c":3,"m":1,"ev":"rcpt","args":["3c61403e"],"mac":{"i":"4142"},"ops":[["setreply",0]],"ret":"reject"}
 *
 * f: name of the filter; c: number of the connection; m: number of the message; args and mac: in hexadecimal;
 * ops: the return values of libmilter calls; ret: the verdict.
 *
 *   refmilter -p ADDR -s SCRIPT -l LOG [-n NAME]
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "libmilter/mfapi.h"
#include "libmilter/mfdef.h"

enum { S_CONNECT, S_HELO, S_MAIL, S_RCPT, S_DATA, S_UNKNOWN, S_HEADER, S_EOH,
       S_BODY, S_EOM, S_ABORT, S_CLOSE, NSTAGE };
static const char *stage_names[] = { "connect", "helo", "mail", "rcpt", "data",
    "unknown", "header", "eoh", "body", "eom", "abort", "close" };

static const char *proto_names[] = { "no-connect", "no-helo", "no-mail",
    "no-rcpt", "no-body", "no-headers", "no-eoh", "nr-header", "no-unknown",
    "no-data", "skip", "rcpt-rej", "nr-connect", "nr-helo", "nr-mail",
    "nr-rcpt", "nr-data", "nr-unknown", "nr-eoh", "nr-body", "hdr-leadspc", NULL };
static const char *action_names[] = { "add-header", "change-body", "add-rcpt",
    "del-rcpt", "change-header", "quarantine", "change-from", "add-rcpt-par",
    "symlist", NULL };

static const char *default_macros[] = { "j", "_", "i", "b", "r", "s", "v",
    "{daemon_name}", "{daemon_addr}", "{daemon_port}", "{if_name}", "{if_addr}",
    "{client_addr}", "{client_name}", "{client_port}", "{client_ptr}",
    "{client_resolve}", "{client_connections}", "{tls_version}", "{cipher}",
    "{cipher_bits}", "{cert_subject}", "{cert_issuer}", "{auth_type}",
    "{auth_authen}", "{auth_ssf}", "{auth_author}", "{mail_mailer}",
    "{mail_host}", "{mail_addr}", "{rcpt_mailer}", "{rcpt_host}",
    "{rcpt_addr}", "{msg_id}", "{nrcpts}", "{opMode}", "{quarantine}", NULL };

static char *g_script, *g_log, *g_name = "A";
static int g_logfd = -1;
static pthread_mutex_t g_mtx = PTHREAD_MUTEX_INITIALIZER;
static unsigned g_conn;
static uint32_t crctab[256];

/* ---------- growable byte buffer ---------- */
struct buf { char *p; size_t n, cap; };

static void bput(struct buf *b, const void *s, size_t n)
{
	if (b->n + n + 1 > b->cap) {
		b->cap = (b->n + n + 1) * 2 + 64;
		b->p = realloc(b->p, b->cap);
		if (b->p == NULL)
			abort();
	}
	memcpy(b->p + b->n, s, n);
	b->n += n;
	b->p[b->n] = '\0';
}
static void bputs(struct buf *b, const char *s) { bput(b, s, strlen(s)); }
static void bputc(struct buf *b, char c) { bput(b, &c, 1); }
static void bfmt(struct buf *b, const char *f, ...)
{
	char t[256];
	va_list ap;
	va_start(ap, f);
	vsnprintf(t, sizeof t, f, ap);
	va_end(ap);
	bputs(b, t);
}
static void bhex(struct buf *b, const void *s, size_t n)
{
	const unsigned char *u = s;
	static const char d[] = "0123456789abcdef";
	char t[2];
	size_t i;
	bputc(b, '"');
	for (i = 0; i < n; i++) {
		t[0] = d[u[i] >> 4];
		t[1] = d[u[i] & 15];
		bput(b, t, 2);
	}
	bputc(b, '"');
}

/* ---------- script ---------- */
#define MAXARG 40
struct tok { char *p; size_t n; };
struct cond { char key[16]; char op; char *hdr; char *val; };
struct rule { int stage; struct cond c[8]; int nc; char *act; struct tok a[MAXARG]; int na; };
struct strv { char **v; int n; };

struct conn {
	unsigned id;
	unsigned long actions, protocol;	/* wanted */
	unsigned long got_proto, got_act;	/* negotiated */
	struct rule *rules;
	int nrules;
	char *symlist[8];
	struct strv macros;
	int msg;
	int cnt_conn[NSTAGE];
	int cnt_msg[NSTAGE];
	/* message state */
	char *mail;
	struct strv rcpt, hn, hv;
	unsigned long bodylen;
	uint32_t crc;
	/* log of api calls in the current callback */
	struct buf ops;
};

static void sv_add(struct strv *s, const char *x)
{
	s->v = realloc(s->v, sizeof(char *) * (s->n + 1));
	s->v[s->n++] = strdup(x ? x : "");
}
static void sv_free(struct strv *s)
{
	while (s->n > 0)
		free(s->v[--s->n]);
	free(s->v);
	s->v = NULL;
}

static int hexv(int c)
{
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

/* split a line into tokens; quoted parts with escapes may occur inside a token */
static int tokenize(const char *l, size_t len, struct tok *t, int max)
{
	size_t i = 0;
	int n = 0;
	while (i < len && n < max) {
		struct buf b = { 0 };
		while (i < len && (l[i] == ' ' || l[i] == '\t'))
			i++;
		if (i >= len)
			break;
		bput(&b, "", 0);
		while (i < len && l[i] != ' ' && l[i] != '\t') {
			if (l[i] != '"') {
				bputc(&b, l[i++]);
				continue;
			}
			for (i++; i < len && l[i] != '"'; i++) {
				if (l[i] != '\\' || i + 1 >= len) {
					bputc(&b, l[i]);
					continue;
				}
				switch (l[++i]) {
				case 'n': bputc(&b, '\n'); break;
				case 'r': bputc(&b, '\r'); break;
				case 't': bputc(&b, '\t'); break;
				case '0': bputc(&b, '\0'); break;
				case 'x':
					if (i + 2 < len) {
						bputc(&b, hexv(l[i+1]) * 16 + hexv(l[i+2]));
						i += 2;
					}
					break;
				default: bputc(&b, l[i]);
				}
			}
			i++;	/* closing quote */
		}
		t[n].p = b.p;
		t[n++].n = b.n;
	}
	return n;
}

static unsigned long flagbits(const char **names, struct tok *t, int n, unsigned long all)
{
	unsigned long r = 0;
	int i, k;
	for (i = 0; i < n; i++) {
		if (!strcmp(t[i].p, "all")) { r |= all; continue; }
		if (!strcmp(t[i].p, "none")) { r = 0; continue; }
		for (k = 0; names[k]; k++)
			if (!strcmp(names[k], t[i].p)) {
				r |= 1UL << k;
				break;
			}
		if (!names[k])
			fprintf(stderr, "refmilter: unknown flag %s\n", t[i].p);
	}
	return r;
}

static int stage_no(const char *s)
{
	int i;
	for (i = 0; i < NSTAGE; i++)
		if (!strcmp(s, stage_names[i]))
			return i;
	return -1;
}

static void load_script(struct conn *c)
{
	struct buf f = { 0 };
	char tmp[8192];
	ssize_t r;
	size_t i = 0;
	int fd = open(g_script, O_RDONLY);

	c->actions = SMFI_CURR_ACTS;
	c->protocol = 0;
	if (fd >= 0) {
		while ((r = read(fd, tmp, sizeof tmp)) > 0)
			bput(&f, tmp, r);
		close(fd);
	}
	while (i < f.n) {
		size_t j = i;
		struct tok t[MAXARG + 12];
		int n, k, st;
		while (j < f.n && f.p[j] != '\n')
			j++;
		memset(t, 0, sizeof t);
		n = tokenize(f.p + i, j - i, t, MAXARG + 12);
		i = j + 1;
		if (n == 0 || t[0].p[0] == '#')
			continue;
		if (!strcmp(t[0].p, "actions"))
			c->actions = flagbits(action_names, t + 1, n - 1, SMFI_CURR_ACTS);
		else if (!strcmp(t[0].p, "protocol"))
			c->protocol = flagbits(proto_names, t + 1, n - 1, SMFI_CURR_PROT);
		else if (!strcmp(t[0].p, "symlist") && n >= 3) {
			static const char *w[] = { "connect", "helo", "mail", "rcpt",
			    "data", "eom", "eoh" };
			for (k = 0; k < 7; k++)
				if (!strcmp(w[k], t[1].p))
					c->symlist[k] = t[2].p;
		} else if (!strcmp(t[0].p, "macros")) {
			for (k = 1; k < n; k++)
				sv_add(&c->macros, t[k].p);
		} else if (!strcmp(t[0].p, "on") && n >= 4) {
			struct rule *ru;
			if ((st = stage_no(t[1].p)) < 0) {
				fprintf(stderr, "refmilter: unknown stage %s\n", t[1].p);
				continue;
			}
			c->rules = realloc(c->rules, sizeof(*ru) * (c->nrules + 1));
			ru = &c->rules[c->nrules++];
			memset(ru, 0, sizeof *ru);
			ru->stage = st;
			for (k = 2; k < n && strcmp(t[k].p, "do"); k++) {
				struct cond *cd = &ru->c[ru->nc++];
				char *o = t[k].p + strcspn(t[k].p, "=~!");
				cd->op = *o;
				*o++ = '\0';
				if (cd->op == '!' && *o == '=')
					o++;
				cd->val = o;
				cd->hdr = strchr(t[k].p, ':');
				if (cd->hdr)
					*cd->hdr++ = '\0';
				snprintf(cd->key, sizeof cd->key, "%s", t[k].p);
			}
			if (k + 1 >= n) {
				c->nrules--;
				continue;
			}
			ru->act = t[k + 1].p;
			for (k += 2; k < n; k++)
				ru->a[ru->na++] = t[k];
		} else
			fprintf(stderr, "refmilter: bad line: %s\n", t[0].p);
	}
	/* scripts are tiny and short-lived: token memory is not freed */
}

/* ---------- state ---------- */
static void msg_reset(struct conn *c)
{
	free(c->mail);
	c->mail = NULL;
	sv_free(&c->rcpt);
	sv_free(&c->hn);
	sv_free(&c->hv);
	c->bodylen = 0;
	c->crc = 0;
	memset(c->cnt_msg, 0, sizeof c->cnt_msg);
}

static struct conn *conn_new(SMFICTX *ctx)
{
	struct conn *c = calloc(1, sizeof *c);
	int k;
	pthread_mutex_lock(&g_mtx);
	c->id = ++g_conn;
	pthread_mutex_unlock(&g_mtx);
	load_script(c);
	if (c->macros.n == 0)
		for (k = 0; default_macros[k]; k++)
			sv_add(&c->macros, default_macros[k]);
	smfi_setpriv(ctx, c);
	return c;
}

static struct conn *get(SMFICTX *ctx)
{
	struct conn *c = smfi_getpriv(ctx);
	return c ? c : conn_new(ctx);
}

static const char *hdr_first(struct conn *c, const char *name, int *count)
{
	const char *v = NULL;
	int i, n = 0;
	for (i = 0; i < c->hn.n; i++)
		if (!strcasecmp(c->hn.v[i], name)) {
			if (!v)
				v = c->hv.v[i];
			n++;
		}
	if (count)
		*count = n;
	return v;
}

/* %{...} interpolation of action arguments */
static struct tok expand(SMFICTX *ctx, struct conn *c, struct tok in)
{
	struct buf b = { 0 };
	struct tok r;
	size_t i;
	int k;
	bput(&b, "", 0);
	for (i = 0; i < in.n; i++) {
		char *e;
		if (in.p[i] != '%' || i + 1 >= in.n || in.p[i+1] != '{' ||
		    (e = memchr(in.p + i, '}', in.n - i)) == NULL) {
			bputc(&b, in.p[i]);
			continue;
		}
		/* macro names contain braces themselves: %{macro:{mail_addr}} */
		if (!strncmp(in.p + i + 2, "macro:{", 7) && e[1] == '}')
			e++;
		char *nm = strndup(in.p + i + 2, e - (in.p + i + 2));
		if (!strcmp(nm, "name")) bputs(&b, g_name);
		else if (!strcmp(nm, "mail")) bputs(&b, c->mail ? c->mail : "");
		else if (!strcmp(nm, "msg")) bfmt(&b, "%d", c->msg);
		else if (!strcmp(nm, "nrcpt")) bfmt(&b, "%d", c->rcpt.n);
		else if (!strcmp(nm, "rcpts"))
			for (k = 0; k < c->rcpt.n; k++) {
				if (k) bputc(&b, ',');
				bputs(&b, c->rcpt.v[k]);
			}
		else if (!strcmp(nm, "nhdr")) bfmt(&b, "%d", c->hn.n);
		else if (!strcmp(nm, "hdrs"))
			for (k = 0; k < c->hn.n; k++) {
				if (k) bputc(&b, ',');
				bputs(&b, c->hn.v[k]);
			}
		else if (!strcmp(nm, "bodylen")) bfmt(&b, "%lu", c->bodylen);
		else if (!strcmp(nm, "bodycrc")) bfmt(&b, "%08x", (unsigned)c->crc);
		else if (!strncmp(nm, "hdr:", 4)) {
			const char *v = hdr_first(c, nm + 4, NULL);
			bputs(&b, v ? v : "");
		} else if (!strncmp(nm, "macro:", 6)) {
			char *v = smfi_getsymval(ctx, nm + 6);
			bputs(&b, v ? v : "");
		}
		free(nm);
		i = e - in.p;
	}
	r.p = b.p;
	r.n = b.n;
	return r;
}

static int memfind(const char *h, size_t hn, const char *s)
{
	size_t n = strlen(s);
	return memmem(h, hn, s, n) != NULL;
}

static int cond_ok(struct conn *c, int st, struct cond *cd, const char *arg,
    const char *val, size_t vlen)
{
	int n = 0, res = 0, num = atoi(cd->val);
	const char *v;
	const char *subj = NULL;
	size_t sl = 0;

	if (!strcmp(cd->key, "msg")) { n = c->msg; goto number; }
	if (!strcmp(cd->key, "n")) {
		n = st == S_CONNECT || st == S_HELO || st == S_UNKNOWN || st == S_CLOSE ||
		    st == S_ABORT || st == S_MAIL ? c->cnt_conn[st] : c->cnt_msg[st];
		goto number;
	}
	if (!strcmp(cd->key, "nrcpt")) { n = c->rcpt.n; goto number; }
	if (!strcmp(cd->key, "count")) { hdr_first(c, cd->hdr ? cd->hdr : "", &n); goto number; }
	if (!strcmp(cd->key, "arg")) { subj = arg ? arg : ""; sl = strlen(subj); }
	else if (!strcmp(cd->key, "val")) { subj = val ? val : ""; sl = val ? vlen : 0; }
	else if (!strcmp(cd->key, "hdr")) {
		v = hdr_first(c, cd->hdr ? cd->hdr : "", NULL);
		subj = v ? v : "";
		sl = strlen(subj);
	}
	if (subj == NULL) {
		fprintf(stderr, "refmilter: bad condition %s\n", cd->key);
		return 0;
	}
	if (cd->op == '~')
		res = memfind(subj, sl, cd->val);
	else if (st == S_HEADER && !strcmp(cd->key, "arg"))
		res = !strcasecmp(subj, cd->val);
	else
		res = sl == strlen(cd->val) && !memcmp(subj, cd->val, sl);
	return cd->op == '!' ? !res : res;
number:
	return cd->op == '!' ? n != num : n == num;
}

static void op_log(struct conn *c, const char *op, int rc)
{
	bfmt(&c->ops, "%s[\"%s\",%d]", c->ops.n ? "," : "", op, rc);
}

static const char *ret_name(int r)
{
	switch (r) {
	case SMFIS_CONTINUE: return "continue";
	case SMFIS_REJECT: return "reject";
	case SMFIS_DISCARD: return "discard";
	case SMFIS_ACCEPT: return "accept";
	case SMFIS_TEMPFAIL: return "tempfail";
	case SMFIS_NOREPLY: return "noreply";
	case SMFIS_SKIP: return "skip";
	}
	return "?";
}

static int run_rules(SMFICTX *ctx, struct conn *c, int st, const char *arg,
    const char *val, size_t vlen)
{
	int i, k, rc;
	for (i = 0; i < c->nrules; i++) {
		struct rule *r = &c->rules[i];
		struct tok a[MAXARG];
		const char *ac = r->act;
		if (r->stage != st)
			continue;
		for (k = 0; k < r->nc; k++)
			if (!cond_ok(c, st, &r->c[k], arg, val, vlen))
				break;
		if (k < r->nc)
			continue;
		memset(a, 0, sizeof a);
		for (k = 0; k < r->na; k++)
			a[k] = expand(ctx, c, r->a[k]);
		if (!strcmp(ac, "continue")) return SMFIS_CONTINUE;
		if (!strcmp(ac, "reject")) return SMFIS_REJECT;
		if (!strcmp(ac, "tempfail")) return SMFIS_TEMPFAIL;
		if (!strcmp(ac, "accept")) return SMFIS_ACCEPT;
		if (!strcmp(ac, "discard")) return SMFIS_DISCARD;
		if (!strcmp(ac, "skip")) return SMFIS_SKIP;
		if (!strcmp(ac, "setreply")) {
			char *x = a[1].p && strcmp(a[1].p, "-") ? a[1].p : NULL;
			if (r->na <= 3)
				rc = smfi_setreply(ctx, a[0].p, x, r->na > 2 ? a[2].p : NULL);
			else
				rc = smfi_setmlreply(ctx, a[0].p, x, a[2].p, a[3].p, a[4].p,
				    a[5].p, a[6].p, a[7].p, a[8].p, a[9].p, a[10].p, a[11].p,
				    a[12].p, a[13].p, a[14].p, a[15].p, a[16].p, a[17].p,
				    a[18].p, a[19].p, a[20].p, a[21].p, a[22].p, a[23].p,
				    a[24].p, a[25].p, a[26].p, a[27].p, a[28].p, a[29].p,
				    a[30].p, a[31].p, a[32].p, a[33].p, a[34].p, a[35].p,
				    a[36].p, NULL);
		} else if (!strcmp(ac, "addheader"))
			rc = smfi_addheader(ctx, a[0].p, a[1].p);
		else if (!strcmp(ac, "insheader"))
			rc = smfi_insheader(ctx, atoi(a[0].p), a[1].p, a[2].p);
		else if (!strcmp(ac, "chgheader"))
			rc = smfi_chgheader(ctx, a[0].p, atoi(a[1].p), a[2].p);
		else if (!strcmp(ac, "delheader"))
			rc = smfi_chgheader(ctx, a[0].p, atoi(a[1].p), NULL);
		else if (!strcmp(ac, "chgfrom"))
			rc = smfi_chgfrom(ctx, a[0].p, r->na > 1 ? a[1].p : NULL);
		else if (!strcmp(ac, "addrcpt"))
			rc = smfi_addrcpt(ctx, a[0].p);
		else if (!strcmp(ac, "addrcptpar"))
			rc = smfi_addrcpt_par(ctx, a[0].p, a[1].p);
		else if (!strcmp(ac, "delrcpt"))
			rc = smfi_delrcpt(ctx, a[0].p);
		else if (!strcmp(ac, "replacebody"))
			rc = smfi_replacebody(ctx, (unsigned char *)a[0].p, a[0].n);
		else if (!strcmp(ac, "replacebodyrep")) {
			struct buf b = { 0 };
			for (k = atoi(a[0].p); k > 0; k--)
				bput(&b, a[1].p, a[1].n);
			rc = smfi_replacebody(ctx, (unsigned char *)(b.p ? b.p : ""), b.n);
			free(b.p);
		} else if (!strcmp(ac, "quarantine"))
			rc = smfi_quarantine(ctx, a[0].p);
		else if (!strcmp(ac, "progress"))
			rc = smfi_progress(ctx);
		else if (!strcmp(ac, "sleep")) {
			usleep(atoi(a[0].p) * 1000);
			rc = 0;
		} else {
			fprintf(stderr, "refmilter: unknown action %s\n", ac);
			rc = -99;
		}
		op_log(c, ac, rc);
		for (k = 0; k < r->na; k++)
			free(a[k].p);
	}
	return SMFIS_CONTINUE;
}

/* one JSON line per callback */
static void event(SMFICTX *ctx, struct conn *c, int st, const char **args,
    const size_t *lens, int na, int ret, int macros)
{
	struct buf b = { 0 };
	int i, first = 1;
	bfmt(&b, "{\"f\":\"%s\",\"c\":%u,\"m\":%d,\"ev\":\"%s\",\"args\":[",
	    g_name, c->id, c->msg, stage_names[st]);
	for (i = 0; i < na; i++) {
		if (i) bputc(&b, ',');
		if (args[i] == NULL) bputs(&b, "null");
		else bhex(&b, args[i], lens ? lens[i] : strlen(args[i]));
	}
	bputc(&b, ']');
	if (macros) {
		bputs(&b, ",\"mac\":{");
		for (i = 0; i < c->macros.n; i++) {
			char *v = smfi_getsymval(ctx, c->macros.v[i]);
			if (!v)
				continue;
			bfmt(&b, "%s\"%s\":", first ? "" : ",", c->macros.v[i]);
			bhex(&b, v, strlen(v));
			first = 0;
		}
		bputc(&b, '}');
	}
	if (c->ops.n) {
		bputs(&b, ",\"ops\":[");
		bput(&b, c->ops.p, c->ops.n);
		bputc(&b, ']');
	}
	c->ops.n = 0;
	bfmt(&b, ",\"ret\":\"%s\"}\n", ret_name(ret));
	pthread_mutex_lock(&g_mtx);
	if (write(g_logfd, b.p, b.n) < 0)
		perror("refmilter: log");
	pthread_mutex_unlock(&g_mtx);
	free(b.p);
}

static int finish(SMFICTX *ctx, struct conn *c, int st, const char **args,
    const size_t *lens, int na, const char *arg, const char *val, size_t vlen,
    unsigned long nr, int macros)
{
	int r;
	c->cnt_conn[st]++;
	c->cnt_msg[st]++;
	c->ops.n = 0;
	r = run_rules(ctx, c, st, arg, val, vlen);
	/* a callback negotiated as "no reply" can only answer NOREPLY */
	if (nr && (c->got_proto & nr))
		r = SMFIS_NOREPLY;
	event(ctx, c, st, args, lens, na, r, macros);
	return r;
}

/* ---------- callbacks ---------- */
static sfsistat cb_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1,
    unsigned long f2, unsigned long f3, unsigned long *pf0, unsigned long *pf1,
    unsigned long *pf2, unsigned long *pf3)
{
	struct conn *c = conn_new(ctx);
	struct buf b = { 0 };
	int k, rc;

	*pf0 = c->got_act = c->actions & f0;
	*pf1 = c->got_proto = c->protocol & f1;
	*pf2 = 0;
	*pf3 = 0;
	for (k = 0; k < 7; k++)
		if (c->symlist[k]) {
			static const int w[] = { SMFIM_CONNECT, SMFIM_HELO, SMFIM_ENVFROM,
			    SMFIM_ENVRCPT, SMFIM_DATA, SMFIM_EOM, SMFIM_EOH };
			rc = smfi_setsymlist(ctx, w[k], c->symlist[k]);
			op_log(c, "setsymlist", rc);
		}
	bfmt(&b, "{\"f\":\"%s\",\"c\":%u,\"m\":0,\"ev\":\"negotiate\","
	    "\"offered\":[%lu,%lu],\"wanted\":[%lu,%lu],\"got\":[%lu,%lu]",
	    g_name, c->id, f0, f1, c->actions, c->protocol, *pf0, *pf1);
	if (c->ops.n) {
		bputs(&b, ",\"ops\":[");
		bput(&b, c->ops.p, c->ops.n);
		bputc(&b, ']');
	}
	c->ops.n = 0;
	bputs(&b, "}\n");
	pthread_mutex_lock(&g_mtx);
	if (write(g_logfd, b.p, b.n) < 0)
		perror("refmilter: log");
	pthread_mutex_unlock(&g_mtx);
	free(b.p);
	return SMFIS_CONTINUE;
}

static sfsistat cb_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *sa)
{
	struct conn *c = get(ctx);
	char port[16] = "", addr[128] = "", fam[2] = "U";
	const char *args[4] = { host, fam, port, addr };
	if (sa) {
		if (sa->sa_family == AF_INET) {
			struct sockaddr_in *s = (void *)sa;
			fam[0] = '4';
			snprintf(port, sizeof port, "%u", ntohs(s->sin_port));
			inet_ntop(AF_INET, &s->sin_addr, addr, sizeof addr);
		} else if (sa->sa_family == AF_INET6) {
			struct sockaddr_in6 *s = (void *)sa;
			fam[0] = '6';
			snprintf(port, sizeof port, "%u", ntohs(s->sin6_port));
			inet_ntop(AF_INET6, &s->sin6_addr, addr, sizeof addr);
		} else if (sa->sa_family == AF_UNIX) {
			struct sockaddr_un *s = (void *)sa;
			fam[0] = 'L';
			snprintf(addr, sizeof addr, "%s", s->sun_path);
		}
	}
	return finish(ctx, c, S_CONNECT, args, NULL, 4, host, addr, strlen(addr),
	    SMFIP_NR_CONN, 1);
}

static sfsistat cb_helo(SMFICTX *ctx, char *h)
{
	const char *args[1] = { h };
	return finish(ctx, get(ctx), S_HELO, args, NULL, 1, h, NULL, 0, SMFIP_NR_HELO, 1);
}

static int argvn(char **a)
{
	int n = 0;
	while (a[n])
		n++;
	return n;
}

static sfsistat cb_mail(SMFICTX *ctx, char **a)
{
	struct conn *c = get(ctx);
	msg_reset(c);
	c->msg++;
	c->mail = strdup(a[0]);
	return finish(ctx, c, S_MAIL, (const char **)a, NULL, argvn(a), a[0], NULL, 0,
	    SMFIP_NR_MAIL, 1);
}

static sfsistat cb_rcpt(SMFICTX *ctx, char **a)
{
	struct conn *c = get(ctx);
	sv_add(&c->rcpt, a[0]);
	return finish(ctx, c, S_RCPT, (const char **)a, NULL, argvn(a), a[0], NULL, 0,
	    SMFIP_NR_RCPT, 1);
}

static sfsistat cb_data(SMFICTX *ctx)
{
	return finish(ctx, get(ctx), S_DATA, NULL, NULL, 0, NULL, NULL, 0, SMFIP_NR_DATA, 1);
}

static sfsistat cb_unknown(SMFICTX *ctx, const char *cmd)
{
	const char *args[1] = { cmd };
	return finish(ctx, get(ctx), S_UNKNOWN, args, NULL, 1, cmd, NULL, 0, SMFIP_NR_UNKN, 1);
}

static sfsistat cb_header(SMFICTX *ctx, char *n, char *v)
{
	struct conn *c = get(ctx);
	const char *args[2] = { n, v };
	sv_add(&c->hn, n);
	sv_add(&c->hv, v);
	return finish(ctx, c, S_HEADER, args, NULL, 2, n, v, strlen(v), SMFIP_NR_HDR, 0);
}

static sfsistat cb_eoh(SMFICTX *ctx)
{
	return finish(ctx, get(ctx), S_EOH, NULL, NULL, 0, NULL, NULL, 0, SMFIP_NR_EOH, 1);
}

static sfsistat cb_body(SMFICTX *ctx, unsigned char *p, size_t n)
{
	struct conn *c = get(ctx);
	const char *args[1] = { (const char *)p };
	size_t i;
	uint32_t x = ~c->crc;
	for (i = 0; i < n; i++)
		x = crctab[(x ^ p[i]) & 0xff] ^ (x >> 8);
	c->crc = ~x;
	c->bodylen += n;
	return finish(ctx, c, S_BODY, args, &n, 1, NULL, (char *)p, n, SMFIP_NR_BODY, 0);
}

static sfsistat cb_eom(SMFICTX *ctx)
{
	struct conn *c = get(ctx);
	int r = finish(ctx, c, S_EOM, NULL, NULL, 0, NULL, NULL, 0, 0, 1);
	msg_reset(c);
	return r;
}

static sfsistat cb_abort(SMFICTX *ctx)
{
	struct conn *c = get(ctx);
	finish(ctx, c, S_ABORT, NULL, NULL, 0, NULL, NULL, 0, 0, 1);
	msg_reset(c);
	return SMFIS_CONTINUE;
}

static sfsistat cb_close(SMFICTX *ctx)
{
	struct conn *c = smfi_getpriv(ctx);
	if (c == NULL)
		return SMFIS_CONTINUE;
	finish(ctx, c, S_CLOSE, NULL, NULL, 0, NULL, NULL, 0, 0, 1);
	msg_reset(c);
	sv_free(&c->macros);
	free(c->rules);
	free(c->ops.p);
	free(c);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	struct smfiDesc d = { "refmilter", SMFI_VERSION, SMFI_CURR_ACTS,
	    cb_connect, cb_helo, cb_mail, cb_rcpt, cb_header, cb_eoh, cb_body,
	    cb_eom, cb_abort, cb_close, cb_unknown, cb_data, cb_negotiate };
	char *addr = NULL;
	int ch, i, k;

	for (i = 0; i < 256; i++) {
		uint32_t x = i;
		for (k = 0; k < 8; k++)
			x = x & 1 ? 0xedb88320u ^ (x >> 1) : x >> 1;
		crctab[i] = x;
	}
	while ((ch = getopt(argc, argv, "p:s:l:n:")) != -1)
		switch (ch) {
		case 'p': addr = optarg; break;
		case 's': g_script = optarg; break;
		case 'l': g_log = optarg; break;
		case 'n': g_name = optarg; break;
		default: return 64;
		}
	if (!addr || !g_script || !g_log) {
		fprintf(stderr, "usage: refmilter -p ADDR -s SCRIPT -l LOG [-n NAME]\n");
		return 64;
	}
	g_logfd = open(g_log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (g_logfd < 0) {
		perror(g_log);
		return 73;
	}
	umask(0);	/* the socket must be writable for an unprivileged MTA */
	if (smfi_setconn(addr) == MI_FAILURE || smfi_register(d) == MI_FAILURE ||
	    smfi_opensocket(1) == MI_FAILURE) {
		fprintf(stderr, "refmilter: cannot set up %s\n", addr);
		return 69;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 70;
}
