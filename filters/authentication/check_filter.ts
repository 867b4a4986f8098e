/**
 * A filter that checks who sent a message, by one method or several: reports the results, and acts on them if configured to.
 *
 * @module
 */
import { hostname } from "node:os";
import { isAuthservId } from "../../lib/auth/authentication_results.ts";
import { dmarcAuthResult } from "../../lib/auth/dmarc/auth_result.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { receivedSpf } from "../../lib/auth/spf/received_spf.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { type ResultsFieldSettings, takeResults, writeResults } from "../../lib/filter/results_field.ts";
import { skip, type Verdict } from "../../lib/filter/verdict.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { type Action, fittingText, type RefusalReply, verdictOfAction } from "./actions.ts";
import type { CheckSettings } from "./check_settings.ts";
import { INTERNAL_ERROR, judge } from "./dkim_policy.ts";
import { type Disposition, dispositionShown, dmarcDisposition } from "./dmarc_policy.ts";
import { type Findings, type MailContext, MessageCheck } from "./message_check.ts";
import { spfRefusal } from "./spf_policy.ts";

/** What `create` of a filter that checks mail returns. */
export type CheckFilter = CreatedFilter<undefined, MessageCheck>;

type Context = MailContext & {
  readonly messageState: MessageCheck;
  readonly remark: (text: string) => void;
};

/**
 * Makes the callbacks.
 *
 * @param settings which methods are run, and what follows
 */
export function checkFilter(settings: CheckSettings): CheckFilter {
  const { spf, dkim, dmarc, exemptions, onError } = settings;
  return {
    changes: changesOf(settings),
    changedFields: ["Authentication-Results", "Received-SPF"],
    verdicts: verdictsOf(settings),
    authenticates: methodsOf(settings),
    onError: onError === "accept" || onError === "reject" ? onError : "tempfail",
    messageState: () => new MessageCheck(settings),
    mail(sender, context) {
      context.messageState.mail(sender, context);
    },
    ...(spf && actsEarly(settings) ? { rcpt: (_, context) => refuseRecipient(context, settings) } : {}),
    ...(dkim || dmarc || exemptions.domains.length > 0
      ? {
        header: (field: HeaderField, { messageState }: Context) => messageState.header(field),
        eoh: (context: Context) => context.messageState.eoh(context),
      }
      : {}),
    ...(dkim && {
      body(chunk: Uint8Array, { messageState }: Context) {
        if (messageState.bodyDone) return skip();
        messageState.body(chunk);
      },
    }),
    eom: (message, context) => atEnd(message, context, settings),
  };
}

/** Refuses a recipient if SPF fails and the settings say so. */
async function refuseRecipient(
  { messageState }: Context,
  { spf }: CheckSettings,
): Promise<Verdict<"reject" | "tempfail"> | undefined> {
  const result = messageState.exempt === undefined ? await messageState.spfAtRecipient() : undefined;
  const refusal = result && spf && spfRefusal(result, spf.actions);
  return refusal && verdictOfAction(refusal.action, refusal) as Verdict<"reject" | "tempfail">;
}

async function atEnd(
  message: EndOfMessage,
  context: Context,
  settings: CheckSettings,
): Promise<Verdict<"reject" | "tempfail" | "discard"> | undefined> {
  const { messageState: check } = context;
  const ours = settings.authservId ?? nameOfMta(context.macro("j")) ?? hostname();
  const field = { ...settings.field, authservId: ours };
  await context.results.ready();
  if (check.exempt !== undefined) {
    context.remark(`not checked: ${check.exempt}`);
    writeResults(message, context, { ...field, note: `not checked: ${check.exempt}` });
    return;
  }
  takeResults(message, context, field);
  let found: Findings;
  try {
    found = await check.finish(context);
  } catch (error) {
    return broken(message, context, settings, field, error);
  }
  const disposition = consequence(found, context, settings);
  if (found.dmarc) context.results.add(dmarcAuthResult(found.dmarc, dispositionShown(disposition?.dmarc)));
  context.remark(remarkOf(found));
  if (settings.spf?.received && found.spf && check.query) {
    message.insertHeader(0, "Received-SPF", receivedSpf(found.spf, check.query, ours));
  }
  writeResults(message, context, field);
  return disposition && act(message, disposition.action, disposition);
}

interface Consequence extends RefusalReply {
  readonly action: Action;
  /** What DMARC requests, if that is the reason. */
  readonly dmarc?: Disposition | undefined;
}

/**
 * What to do with a message: because of SPF, if it was too slow for the recipients; otherwise because of DMARC;
 * otherwise because of its signatures.
 */
function consequence(
  found: Findings,
  context: Context,
  { spf, dmarc, dkim }: CheckSettings,
): Consequence | undefined {
  const refusal = context.messageState.spfIsLate && found.spf && spf
    ? spfRefusal(found.spf, spf.actions)
    : undefined;
  if (refusal) return refusal;
  if (found.dmarc && dmarc) {
    const disposition = dmarcDisposition(found.dmarc, dmarc.actions);
    const exempt = disposition &&
      dmarc.exempt.reasonFor({ client: context.client?.address ?? "", passed: found.passed });
    if (exempt !== undefined) context.remark(`exempt from DMARC: ${exempt}`);
    else if (disposition) return { ...disposition, dmarc: disposition };
  }
  if (!found.dkim || !dkim) return undefined;
  const judgement = judge(found.dkim, dkim.requireAuthor ? context.messageState.authors : undefined);
  if (judgement === undefined || judgement.fault === "error") return undefined;
  const action = dkim.actions[judgement.fault];
  return action === "accept" ? undefined : { ...judgement, action };
}

/**
 * Handles an error in this program. Rejection is left to the library, which logs the error; a message that goes on must not
 * keep forged results.
 */
function broken(
  message: EndOfMessage,
  context: Context,
  settings: CheckSettings,
  field: ResultsFieldSettings,
  error: unknown,
): Verdict<"reject" | "tempfail" | "discard"> | undefined {
  const { onError } = settings;
  const what = error instanceof Error ? error.message : String(error);
  const failed = methodsOf(settings).filter((method) => context.results.of(method).length === 0);
  context.remark(failed.map((method) => `${method}=temperror (${what})`).join(", "));
  if (onError === "reject" || onError === "tempfail") throw error;
  context.results.add(
    ...failed.map((method) => ({ method, result: "temperror", reason: "internal error" })),
  );
  writeResults(message, context, field);
  return act(message, onError, { ...INTERNAL_ERROR, text: `${INTERNAL_ERROR.text}: ${printable(what)}` });
}

function act(
  message: EndOfMessage,
  action: Action,
  refusal: RefusalReply,
): Verdict<"reject" | "tempfail" | "discard"> | undefined {
  if (action !== "quarantine") return verdictOfAction(action, refusal);
  message.quarantine(fittingText(refusal.text));
  return undefined;
}

/** The methods whose results it provides. */
export function methodsOf({ iprev, spf, dkim, dmarc }: CheckSettings): string[] {
  const methods = { iprev, spf, dkim, dmarc };
  return Object.entries(methods).filter(([, settings]) => settings !== false && settings !== undefined)
    .map(([method]) => method);
}

/** Only the changes that the settings need, since later filters wait for a filter that may change something. */
function changesOf(settings: CheckSettings): readonly Change[] {
  const holds = actionsOf(settings).includes("quarantine");
  return ["insertHeader", "deleteHeader", ...(holds ? ["quarantine"] as const : [])];
}

/** If the filter gives no verdict before the end, the MTA need not wait for an answer there. */
function verdictsOf(settings: CheckSettings): readonly VerdictEvent[] {
  const atEnd = actsEarly(settings) ||
    actionsOf(settings).some((action) => action !== "accept" && action !== "quarantine");
  return [...(actsEarly(settings) ? ["rcpt"] as const : []), ...(atEnd ? ["eom"] as const : [])];
}

function actsEarly({ spf }: CheckSettings): boolean {
  return spf !== undefined && (spf.actions.fail !== "accept" || spf.actions.error !== "accept");
}

/** What may be done at the end of a message. */
function actionsOf({ dkim, dmarc, onError }: CheckSettings): readonly string[] {
  const { fail = "accept", error = "accept", from = "accept" } = dmarc?.actions ?? {};
  const onFail = fail === "policy" ? ["quarantine", "reject"] : [fail];
  return [...Object.values(dkim?.actions ?? {}), ...onFail, error, from, onError];
}

/** The results, for the log. */
function remarkOf({ spf, dkim, dmarc, others }: Findings): string {
  const because = (passes: boolean, reason: string | undefined) =>
    passes || reason === undefined ? "" : ` (${reason})`;
  return [
    ...others.map(({ method, result, reason }) => `${method}=${result}${because(result === "pass", reason)}`),
    ...(spf
      ? [
        `spf=${spf.result}${because(spf.result === "pass", spf.reason)} ${spf.identity}=${spf.domain ?? "-"}`,
      ]
      : []),
    ...(dkim ? [dkimRemark(dkim)] : []),
    ...(dmarc
      ? [
        `dmarc=${dmarc.result}${because(dmarc.result === "pass", dmarc.reason)} from=${
          dmarc.authorDomain ?? "-"
        }`,
      ]
      : []),
  ].join(", ");
}

function dkimRemark(results: readonly DkimResult[]): string {
  if (results.length === 0) return "dkim=none";
  return results.map(({ status, domain, selector, reason }) => {
    const why = reason === undefined ? "" : ` (${reason})`;
    return `dkim=${status}${why} d=${domain ?? "-"} s=${selector ?? "-"}`;
  }).join(", ");
}

/** Sendmail sends an unset macro as an empty one. A name that is not valid in the field would make the filter fail. */
function nameOfMta(macro: string | undefined): string | undefined {
  return macro !== undefined && isAuthservId(macro) ? macro : undefined;
}

function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]+/g, " ");
}
