/**
 * Finds misspelled macro names, using a list of the macros of Postfix and Sendmail.
 *
 * @module
 */

import { correctionOf } from "../options/nearest.ts";

/**
 * Names of more than one letter: those in Postfix's MILTER_README, and others that Sendmail 8.18 sets. Sites can define
 * more: in Sendmail with `D{name}`, in Postfix with `milter_macro_defaults`.
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

/** Names of Postfix's policy protocol (SMTPD_POLICY_README), each with the milter macro that has the same value. */
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
 * Finds the macro that was meant by a misspelled name: one letter off, in another case, without its underscores, or as
 * Postfix's policy protocol calls it. A site's own macros must differ from the known ones by more than that.
 *
 * @param name without braces
 * @param others further names that are valid here
 * @returns undefined if the name is a macro, or may be a site's own
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
