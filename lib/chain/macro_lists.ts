/**
 * Which macros a chain asks the MTA for, and which of them each of its filters is shown.
 *
 * @module
 */

import { MacroStage, type MacroStageName, MAX_MACROS_PER_STAGE } from "../protocol/constants.ts";
import { bareName, type MacroFilter, type MacroRequest } from "../protocol/macros.ts";
import type { MtaKind } from "../message/mta.ts";

type MacroNames = Required<MacroRequest>;

const TLS = ["tls_version", "cipher", "cipher_bits", "cert_subject", "cert_issuer"];
const AUTH = ["auth_type", "auth_authen", "auth_author"];
const SENDER = ["mail_mailer", "mail_host", "mail_addr"];
const RECIPIENT = ["rcpt_mailer", "rcpt_host", "rcpt_addr"];

/** What the MTAs send unasked, as they are shipped. */
const DEFAULTS: Record<MtaKind, MacroNames> = {
  postfix: {
    connect: ["j", "_", "daemon_name", "daemon_addr", "v"],
    helo: TLS,
    mail: ["i", ...AUTH, ...SENDER],
    rcpt: ["i", ...RECIPIENT],
    data: ["i"],
    eom: ["i"],
    eoh: ["i"],
  },
  sendmail: {
    connect: ["j", "_", "daemon_name", "if_name", "if_addr"],
    helo: TLS,
    mail: ["i", ...AUTH, "auth_ssf", ...SENDER],
    rcpt: RECIPIENT,
    data: [],
    eom: ["msg_id"],
    eoh: [],
  },
};

/**
 * What a chain itself reads: `v` tells the MTA, `i` is for the log, `auth_authen` for scopes, `rcpt_mailer` tells a
 * rejected recipient.
 */
const OWN: MacroNames = {
  connect: ["v"],
  helo: [],
  mail: ["i", "auth_authen"],
  rcpt: ["i", "rcpt_mailer"],
  data: ["i"],
  eom: ["i"],
  eoh: ["i"],
};

/**
 * The lists of a chain, which replace the MTA's own at their stage: what any of its filters asks for, and what the MTAs
 * send unasked where one filter asks and another does not.
 *
 * @param requests what each filter asks for
 * @throws {RangeError} for more names at a stage than Sendmail takes
 */
export function macroListsOf(requests: readonly MacroRequest[]): MacroRequest {
  const lists: { -readonly [stage in MacroStageName]?: string[] } = {};
  for (const stage of Object.keys(MacroStage) as MacroStageName[]) {
    if (requests.every((request) => request[stage] === undefined)) continue;
    // An empty list means the default to Postfix and nothing to Sendmail.
    const defaults = requests.every((request) => request[stage]?.length)
      ? []
      : [...DEFAULTS.postfix[stage], ...DEFAULTS.sendmail[stage]];
    lists[stage] = [...OWN[stage], ...defaults, ...requests.flatMap((request) => request[stage] ?? [])];
  }
  // Sendmail takes the end-of-message list only where one for end of header is set.
  if (lists.eom) lists.eoh ??= [...OWN.eoh, ...DEFAULTS.postfix.eoh];
  if (lists.eoh) lists.eom ??= [...OWN.eom, ...DEFAULTS.postfix.eom, ...DEFAULTS.sendmail.eom];
  for (const stage of Object.keys(lists) as MacroStageName[]) {
    const names = [...new Set(lists[stage]!.map(bareName))];
    if (names.length > MAX_MACROS_PER_STAGE) {
      throw new RangeError(
        `Cannot ask for ${names.length} macros at ${stage} (stage ${MacroStage[stage]}): ` +
          `Sendmail takes ${MAX_MACROS_PER_STAGE}`,
      );
    }
    lists[stage] = names;
  }
  return lists;
}

/**
 * What one filter is shown where its chain asked for lists: its own list of a stage, else what the MTA would have sent
 * it unasked.
 *
 * @param request what the filter asks for
 * @param lists what its chain asked for
 * @param mta the MTA, once it is known
 * @returns whether it is shown a macro (without braces) that came for a stage
 */
export function macroView(
  request: MacroRequest,
  lists: MacroRequest,
  mta: () => MtaKind,
): MacroFilter {
  const asked: { [stage in MacroStageName]?: string[] } = {};
  for (const [stage, names] of Object.entries(request) as [MacroStageName, readonly string[]][]) {
    asked[stage] = names.map(bareName);
  }
  return (stage, name) => {
    if (lists[stage] === undefined) return true;
    const own = asked[stage];
    if (own && (own.length > 0 || mta() === "sendmail")) return own.includes(name);
    return DEFAULTS[mta()][stage].includes(name);
  };
}
