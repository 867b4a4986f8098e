/**
 * The names of macros that Postfix and Sendmail have, to find one that is misspelled.
 *
 * @module
 */

import { correctionOf } from "../options/nearest.ts";

/**
 * Names of several letters: those of Postfix (its MILTER_README), and what Sendmail 8.18 sets beside them. Sites can define
 * others: in Sendmail by `D{name}`, in Postfix by `milter_macro_defaults`.
 */
const KNOWN: readonly string[] = [
  ...["auth_authen", "auth_author", "auth_type", "auth_ssf"],
  ...["client_addr", "client_connections", "client_name", "client_port", "client_ptr", "client_resolve"],
  ...["client_flags", "client_rate"],
  ...["daemon_addr", "daemon_name", "daemon_port", "daemon_family", "daemon_flags", "daemon_info"],
  ...["mail_addr", "mail_host", "mail_mailer", "mail_from"],
  ...["rcpt_addr", "rcpt_host", "rcpt_mailer"],
  ...["tls_version", "cipher", "cipher_bits", "alg_bits", "verify", "sts_sni"],
  ...["cert_issuer", "cert_subject", "cert_fp", "cert_md5", "cert_altnames", "cn_issuer", "cn_subject"],
  ...["if_addr", "if_addr_out", "if_family", "if_family_out", "if_name", "if_name_out"],
  ...["server_addr", "server_name", "addr_type", "bodytype", "deliveryMode", "opMode", "quarantine"],
  ...[
    "dsn_envid",
    "dsn_notify",
    "dsn_ret",
    "envid",
    "msg_id",
    "msg_size",
    "hdr_name",
    "hdrlen",
    "currHeader",
  ],
  ...["load_avg", "nbadrcpts", "nrcpts", "ntries", "queue_interval", "time", "total_rate"],
];

/** What Postfix's policy protocol (its SMTPD_POLICY_README) calls otherwise than its milters. */
const OF_POLICY_PROTOCOL: Readonly<Record<string, string>> = {
  client_address: "client_addr",
  queue_id: "i",
  sasl_username: "auth_authen",
  sasl_method: "auth_type",
  sasl_sender: "auth_author",
  encryption_protocol: "tls_version",
  encryption_cipher: "cipher",
  encryption_keysize: "cipher_bits",
};

/**
 * The macro that was meant by a name that no MTA has: one letter off, written in another case or without its underscores,
 * or as Postfix's policy protocol calls it. A site's own name has to differ by more.
 *
 * @param name without braces
 * @param others further names that are right at this place
 * @returns undefined where it is a macro, or may be one of a site's own
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { misspelledMacro } from "./macro_names.ts";
 *
 * assert.equal(misspelledMacro("clientaddr"), "client_addr");
 * assert.equal(misspelledMacro("client_addr"), undefined);
 * assert.equal(misspelledMacro("our_customer"), undefined);
 * ```
 */
export function misspelledMacro(name: string, others: readonly string[] = []): string | undefined {
  if (others.includes(name)) return undefined;
  if (Object.hasOwn(OF_POLICY_PROTOCOL, name)) return OF_POLICY_PROTOCOL[name];
  return correctionOf(name, [...others, ...KNOWN]);
}
