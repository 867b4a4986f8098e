/**
 * The filter itself: verifies signatures, reports the results, and acts on them if configured to.
 *
 * @module
 */
import { hostname } from "node:os";
import type { TxtResolver } from "../../lib/dns/resolver.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { skip, type Verdict } from "../../lib/filter/verdict.ts";
import {
  authenticationResults,
  brokenResults,
  isAuthservId,
  uncheckedResults,
} from "../../lib/auth/authentication_results.ts";
import { authorDomains, type Authors } from "../../lib/auth/author.ts";
import { OwnResultsFinder } from "../../lib/auth/authserv_id.ts";
import { authorExemption, clientExemption, type ExemptionRules } from "./exemption.ts";
import { type Action, type Fault, INTERNAL_ERROR, judge, type Judgement, verdictOfAction } from "./policy.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import { DkimVerifier, type DkimVerifierOptions } from "../../lib/auth/dkim/verifier.ts";

/** Settings of {@link checkFilter}. */
export interface CheckSettings {
  /** The authserv-id; undefined for the MTA's own name, or else the host's. */
  readonly authservId: string | undefined;
  readonly resolver: TxtResolver;
  readonly verifier: Omit<DkimVerifierOptions, "resolver" | "now">;
  /** What to do about each fault. */
  readonly actions: Readonly<Record<Fault, Action>>;
  /** Which Authentication-Results fields of others are removed. */
  readonly strip: "all" | "ours" | "none";
  readonly exemptions: ExemptionRules;
  /** Whether only signatures of the authors' domains count. */
  readonly requireAuthor: boolean;
  /** Whether results mention body bytes that l= leaves unsigned. */
  readonly reportLength: boolean;
}

interface MessageState {
  readonly verifier: DkimVerifier;
  /** The From fields, if the authors are needed. */
  readonly from: Uint8Array[];
  authors: Authors;
  /** Why the message is not checked. */
  exempt: string | undefined;
  /** An error in this program. After it, nothing more is verified. */
  error: { readonly cause: unknown } | undefined;
}

/** What `create` of `dkim-check` returns. */
export type CheckFilter = CreatedFilter<undefined, MessageState>;

/** Before the header has ended, the authors are unknown. */
const UNKNOWN: Authors = authorDomains([]);

/** Makes the filter. */
export function checkFilter(settings: CheckSettings): CheckFilter {
  const { actions, exemptions } = settings;
  const now = () => Math.floor(Date.now() / 1000);
  const options = { ...settings.verifier, resolver: settings.resolver, now };
  const wantsAuthors = settings.requireAuthor || exemptions.domains.length > 0;
  return {
    changes: changesOf(settings),
    // If the filter gives no verdict, the MTA need not wait for an answer before the end.
    verdicts: Object.values(actions).some((action) => action !== "accept" && action !== "quarantine")
      ? ["eom"]
      : [],
    onError: actions.error === "accept" || actions.error === "reject" ? actions.error : "tempfail",
    messageState: () => ({
      verifier: new DkimVerifier(options),
      from: [],
      authors: UNKNOWN,
      exempt: undefined,
      error: undefined,
    }),
    mail(_, context) {
      context.messageState.exempt = clientExemption(exemptions, context);
    },
    header(field, { messageState: state }) {
      if (state.exempt !== undefined) return;
      caught(state, () => {
        state.verifier.header(field.nameBytes, field.rawValueBytes);
        if (wantsAuthors && field.is("From")) state.from.push(field.valueBytes);
      });
    },
    eoh(context) {
      const { messageState: state } = context;
      if (state.exempt !== undefined) return;
      caught(state, () => {
        if (wantsAuthors) state.authors = authorDomains(state.from);
        state.exempt = authorExemption(exemptions, state.authors);
        if (state.exempt === undefined) state.verifier.endOfHeaders(context.signal);
      });
    },
    body(chunk, { messageState: state }) {
      if (state.exempt !== undefined || state.error !== undefined || !state.verifier.wantsBody) return skip();
      caught(state, () => state.verifier.body(chunk));
    },
    async eom(message, context) {
      const { messageState: state } = context;
      const ours = settings.authservId ?? nameOfMta(context.macro("j")) ?? hostname();
      if (state.exempt !== undefined) {
        context.remark(`not checked: ${state.exempt}`);
        report(message, settings, ours, uncheckedResults(ours, `not checked: ${state.exempt}`));
        return;
      }
      let results: readonly DkimResult[];
      try {
        if (state.error !== undefined) throw state.error.cause;
        results = await state.verifier.finish();
      } catch (error) {
        context.remark(`dkim=temperror (${error instanceof Error ? error.message : error})`);
        return broken(message, settings, ours, error);
      }
      context.remark(remarkOf(results));
      report(message, settings, ours, authenticationResults(ours, results, settings.reportLength));
      const judgement = judge(results, settings.requireAuthor ? state.authors : undefined);
      if (judgement !== undefined) return act(message, actions, judgement);
    },
  };
}

/** Sendmail sends an unset macro as an empty one. A name that is not valid in the field would make the filter fail. */
function nameOfMta(macro: string | undefined): string | undefined {
  return macro !== undefined && isAuthservId(macro) ? macro : undefined;
}

/** The results, for the log. */
function remarkOf(results: readonly DkimResult[]): string {
  if (results.length === 0) return "dkim=none";
  return results.map(({ status, domain, selector, reason }) => {
    const why = reason === undefined ? "" : ` (${reason})`;
    return `dkim=${status}${why} d=${domain ?? "-"} s=${selector ?? "-"}`;
  }).join(", ");
}

/** Only the changes that the settings need, since later filters wait for a filter that may change something. */
function changesOf({ actions, strip }: CheckSettings): readonly Change[] {
  const changes: Change[] = ["insertHeader"];
  if (strip !== "none") changes.push("deleteHeader");
  if (Object.values(actions).includes("quarantine")) changes.push("quarantine");
  return changes;
}

/**
 * Keeps an error for the end of the message. If it were thrown at once, a message to be accepted would skip this filter, and
 * forged results would pass.
 */
function caught(state: MessageState, work: () => void): void {
  if (state.error !== undefined) return;
  try {
    work();
  } catch (cause) {
    state.error = { cause };
  }
}

/** Puts our field at the top and removes others, the last one first. */
function report(message: EndOfMessage, settings: CheckSettings, ours: string, value: string): void {
  if (settings.strip !== "none") {
    const finder = new OwnResultsFinder(ours);
    const fields = [...message.headers.all("Authentication-Results")];
    for (const field of fields.reverse()) {
      if (settings.strip === "all" || finder.isOurs(field.valueBytes)) message.deleteHeader(field);
    }
  }
  message.insertHeader(0, "Authentication-Results", value);
}

/**
 * Handles an error in this program. Rejection is left to the library, which logs the error; a message that goes on must not
 * keep forged results.
 */
function broken(
  message: EndOfMessage,
  settings: CheckSettings,
  ours: string,
  error: unknown,
): Verdict | undefined {
  const action = settings.actions.error;
  if (action === "reject" || action === "tempfail") throw error;
  report(message, settings, ours, brokenResults(ours));
  const what = error instanceof Error ? error.message : String(error);
  return act(message, settings.actions, {
    ...INTERNAL_ERROR,
    text: `${INTERNAL_ERROR.text}: ${printable(what)}`,
  });
}

function act(
  message: EndOfMessage,
  actions: CheckSettings["actions"],
  judgement: Judgement,
): Verdict | undefined {
  const action = actions[judgement.fault];
  if (action !== "quarantine") return verdictOfAction(action, judgement);
  message.quarantine(judgement.text);
  return undefined;
}

function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]+/g, " ");
}
