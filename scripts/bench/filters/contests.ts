/**
 * The built-in filters and chains that are measured, each with what it is sent and compared with.
 *
 * @module
 */

import type { MailName } from "./mail.ts";
import {
  emptyFilter,
  type FilterProgram,
  milterkit,
  opendkimSigner,
  opendkimVerifier,
  opendmarc,
  type OurSettings,
  perlAttachments,
  pyspf,
  pythonAttachments,
  siteExampleProgram,
} from "./programs.ts";
import type { FilterSite } from "./site.ts";

/** Programs that together do the same, each with what it is sent; their processor time is added up. */
export interface Rival {
  readonly title: string;
  readonly parts: readonly { readonly mail: MailName; readonly program: FilterProgram }[];
  /** The most CPU per message that ours may take, the rival's = 1. */
  readonly limit?: number;
}

/** A filter or chain of ours. */
export interface Contest {
  /** Its name in options. */
  readonly name: string;
  readonly title: string;
  readonly mail: MailName;
  readonly ours: FilterProgram;
  /** The same with a line in the log for each message; undefined: not measured. */
  readonly logging?: FilterProgram;
  readonly rivals: readonly Rival[];
}

const alone = (program: FilterProgram, mail: MailName, limit?: number): Rival => ({
  title: program.title,
  parts: [{ mail, program }],
  ...(limit === undefined ? {} : { limit }),
});

/** A contest, which is also measured with lines in the log if `bothLogs`. */
function contest(
  name: string,
  title: string,
  mail: MailName,
  args: (site: FilterSite) => readonly string[],
  rivals: readonly Rival[],
  { bothLogs = false, ...settings }: OurSettings & { readonly bothLogs?: boolean } = {},
): Contest {
  return {
    name,
    title,
    mail,
    ours: milterkit(title, args, settings),
    ...(bothLogs ? { logging: milterkit(title, args, { ...settings, logs: true }) } : {}),
    rivals,
  };
}

const SIZE = ["--filter", "size-limit", "--max", "25MB"];
const ADD = ["--filter", "header-rewrite", "--add", "X-Bench: {client_addr}"];
const DKIM_CHECK = ["--filter", "dkim-check"];
const signer = (keys: "rsa" | "ed25519" | "both") => (site: FilterSite): string[] => [
  ...["--filter", "dkim-sign", "--keys", site.keys(keys), "--sign-client", "192.0.2.1"],
];
const CHECKERS: Rival = {
  title: "opendkim, opendmarc and pyspf-milter together",
  parts: [
    { mail: "signed-10k", program: opendkimVerifier },
    { mail: "signed-10k", program: pyspf },
    { mail: "checked-10k", program: opendmarc },
  ],
};

const dkimCheck = contest(
  "dkim-check",
  "dkim-check",
  "signed-10k",
  () => DKIM_CHECK,
  [alone(opendkimVerifier, "signed-10k", 0.6)],
  { dns: true, expects: "dkim=pass", bothLogs: true },
);

/** All, in the order of the table. */
export const CONTESTS: readonly Contest[] = [
  contest("size-limit", "size-limit", "small", () => SIZE, [alone(emptyFilter(), "small")], {
    bothLogs: true,
  }),
  contest(
    "header-add",
    "header-rewrite --add",
    "headers",
    () => ADD,
    [alone(emptyFilter({ addsHeader: true }), "headers", 0.12)],
    { expects: "X-Bench", bothLogs: true },
  ),
  contest(
    "header-replace",
    "header-rewrite --replace",
    "headers",
    () => ["--filter", "header-rewrite", "--replace", "text:Subject /^/ [EXT] "],
    [alone(emptyFilter({ addsHeader: true }), "headers")],
    { expects: "[EXT]" },
  ),
  contest(
    "rules",
    "rules, three of them",
    "small",
    () => [
      ...["--filter", "rules", "--match", "all"],
      ...[
        "--rule",
        "forged",
        "--not-authenticated",
        "--only-sender",
        "example.org",
        "--reject",
        "You are not us",
      ],
      ...["--rule", "lottery", "--only-subject", "/lottery/i", "--quarantine", "Looks like a lottery"],
      ...["--rule", "outside", "--not-client", "10.0.0.0/8", "--add", "X-Bench: outside"],
    ],
    [alone(emptyFilter({ addsHeader: true }), "small")],
    { expects: "X-Bench" },
  ),
  contest(
    "rate-limit",
    "rate-limit, by client",
    "small",
    () => ["--filter", "rate-limit", "--by", "client", "--limit", "100000000/1h"],
    [alone(emptyFilter(), "small")],
  ),
  contest("greylist", "greylist, nothing suspicious", "small", () => ["--filter", "greylist"], [
    alone(emptyFilter(), "small"),
  ], { dns: true }),
  dkimCheck,
  contest("dkim-check-1m", "dkim-check", "signed-1m", () => DKIM_CHECK, [
    alone(opendkimVerifier, "signed-1m", 0.8),
  ], { dns: true, expects: "dkim=pass" }),
  contest("authenticate", "authenticate", "signed-10k", () => ["--filter", "authenticate"], [
    { ...alone(opendkimVerifier, "signed-10k", 0.6), title: "opendkim alone" },
    CHECKERS,
    { ...alone(dkimCheck.ours, "signed-10k", 1.3), title: "dkim-check of Milterkit" },
  ], { dns: true, expects: "dmarc=pass" }),
  contest("sign-rsa", "dkim-sign, RSA-2048", "unsigned-10k", signer("rsa"), [
    alone(opendkimSigner, "unsigned-10k", 0.6),
  ], { expects: "DKIM-Signature" }),
  contest("sign-ed25519", "dkim-sign, Ed25519", "unsigned-10k", signer("ed25519"), [
    alone(opendkimSigner, "unsigned-10k", 0.35),
  ], { expects: "DKIM-Signature" }),
  contest("sign-both", "dkim-sign, RSA-2048 and Ed25519", "unsigned-10k", signer("both"), [
    alone(opendkimSigner, "unsigned-10k"),
  ], { expects: "DKIM-Signature" }),
  contest("sign-rsa-1m", "dkim-sign, RSA-2048", "unsigned-1m", signer("rsa"), [
    alone(opendkimSigner, "unsigned-1m", 0.9),
  ], { expects: "DKIM-Signature" }),
  ...(["parts-10k", "parts-1m"] as const).map((mail) =>
    contest(
      mail === "parts-10k" ? "attachments" : "attachments-1m",
      "attachments --executable",
      mail,
      () => ["--filter", "attachments", "--executable", "--archive-depth", "0"],
      [alone(pythonAttachments, mail), alone(perlAttachments, mail)],
    )
  ),
  contest(
    "chain",
    "size-limit, header-rewrite --add and dkim-check",
    "signed-10k",
    () => [...SIZE, ...ADD, ...DKIM_CHECK],
    [alone(opendkimVerifier, "signed-10k")],
    { dns: true, expects: "dkim=pass", bothLogs: true },
  ),
  {
    name: "site",
    title: "the nine filters of docs/examples/site.toml",
    mail: "signed-10k",
    ours: siteExampleProgram(),
    logging: siteExampleProgram({ logs: true }),
    rivals: [CHECKERS],
  },
];
