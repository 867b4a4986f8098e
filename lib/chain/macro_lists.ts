/**
 * Which macros a chain requests from the MTA, and which of them each filter sees.
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

/** The macros that the MTAs send by default. */
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
 * The macros that a chain itself reads: `v` identifies the MTA; `i`, `auth_authen`, `tls_version` and `cipher` are for the
 * log and for conditions, `rcpt_mailer` marks a rejected recipient.
 */
const OWN: MacroNames = {
  connect: ["v"],
  helo: ["tls_version", "cipher"],
  mail: ["i", "auth_authen"],
  rcpt: ["i", "rcpt_mailer"],
  data: ["i"],
  eom: ["i"],
  eoh: ["i"],
};

/**
 * Returns the chain's macro lists, which replace the MTA's own at their stages. A list holds what the filters request,
 * plus the MTAs' defaults if one filter requests a list for the stage and another does not.
 *
 * @param requests what each filter requests
 * @param atMail what is wanted at MAIL besides the defaults
 * @throws {RangeError} if a stage has more names than Sendmail accepts
 */
export function macroListsOf(
  requests: readonly MacroRequest[],
  atMail: readonly string[] = [],
): MacroRequest {
  const lists: { -readonly [stage in MacroStageName]?: string[] } = {};
  for (const stage of Object.keys(MacroStage) as MacroStageName[]) {
    const more = stage === "mail" ? atMail : [];
    if (more.length === 0 && requests.every((request) => request[stage] === undefined)) continue;
    // An empty list means the default list to Postfix and no macros to Sendmail.
    const defaults = requests.every((request) => request[stage]?.length)
      ? []
      : [...DEFAULTS.postfix[stage], ...DEFAULTS.sendmail[stage]];
    const requested = requests.flatMap((request) => request[stage] ?? []);
    lists[stage] = [...OWN[stage], ...defaults, ...requested, ...more];
  }
  // Sendmail accepts a list for end of message only with one for end of header.
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
 * Returns which macros one filter sees if its chain requested lists: those of its own list for a stage, else the MTA's
 * defaults; and at MAIL what it wants besides.
 *
 * @param request what the filter requests
 * @param atMail what it wants at MAIL besides
 * @param lists what its chain requested
 * @param mta returns the MTA; called once a macro is looked up
 * @returns whether the filter sees a macro (name without braces) that came for a stage
 */
export function macroView(
  request: MacroRequest,
  atMail: readonly string[],
  lists: MacroRequest,
  mta: () => MtaKind,
): MacroFilter {
  const asked: { [stage in MacroStageName]?: string[] } = {};
  for (const [stage, names] of Object.entries(request) as [MacroStageName, readonly string[]][]) {
    asked[stage] = names.map(bareName);
  }
  const more = atMail.map(bareName);
  return (stage, name) => {
    if (lists[stage] === undefined || (stage === "mail" && more.includes(name))) return true;
    const own = asked[stage];
    if (own && (own.length > 0 || mta() === "sendmail")) return own.includes(name);
    return DEFAULTS[mta()][stage].includes(name);
  };
}
