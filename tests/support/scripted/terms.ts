/**
 * Derives the terms of a Milterkit filter from a script and the negotiated options.
 *
 * @module
 */

import type { Change, FilterTerms, MacroStageName, Offer, VerdictEvent } from "../../../mod.ts";
import type { Agreement } from "./agreement.ts";
import { actionBit, type ActionName, type ProtocolFlagName } from "./flags.ts";
import type { Script, Stage } from "./script.ts";

/** The flags that leave an event out, and its reply. */
const EVENT_FLAGS: Record<VerdictEvent, { no?: ProtocolFlagName; noReply?: ProtocolFlagName }> = {
  connect: { no: "no-connect", noReply: "nr-connect" },
  helo: { no: "no-helo", noReply: "nr-helo" },
  mail: { no: "no-mail", noReply: "nr-mail" },
  rcpt: { no: "no-rcpt", noReply: "nr-rcpt" },
  data: { no: "no-data", noReply: "nr-data" },
  header: { no: "no-headers", noReply: "nr-header" },
  eoh: { no: "no-eoh", noReply: "nr-eoh" },
  body: { no: "no-body", noReply: "nr-body" },
  eom: {},
  unknown: { no: "no-unknown", noReply: "nr-unknown" },
};

/** The actions of scripts that change a message: what each must have negotiated, and what it is called in Milterkit. */
const MESSAGE_ACTIONS = {
  addheader: { needs: "add-header", changes: ["addHeader"] },
  insheader: { needs: "add-header", changes: ["insertHeader"] },
  // A field that is not there is added, an empty value deletes.
  chgheader: { needs: "change-header", changes: ["changeHeader", "deleteHeader", "addHeader"] },
  delheader: { needs: "change-header", changes: ["deleteHeader"] },
  chgfrom: { needs: "change-from", changes: ["changeFrom"] },
  addrcpt: { needs: "add-rcpt", changes: ["addRcpt"] },
  addrcptpar: { needs: "add-rcpt-par", changes: ["addRcpt"] },
  delrcpt: { needs: "del-rcpt", changes: ["deleteRcpt"] },
  replacebody: { needs: "change-body", changes: ["replaceBody"] },
  replacebodyrep: { needs: "change-body", changes: ["replaceBody"] },
  quarantine: { needs: "quarantine", changes: ["quarantine"] },
} as const satisfies Record<string, { needs: ActionName; changes: readonly MtaChange[] }>;

/** A change that the script language has. */
type MtaChange = Exclude<Change, "editContent">;

/** The action bit that Milterkit asks for to make a change. */
const ACTION_OF_CHANGE: Record<MtaChange, ActionName> = {
  addHeader: "add-header",
  insertHeader: "add-header",
  changeHeader: "change-header",
  deleteHeader: "change-header",
  changeFrom: "change-from",
  addRcpt: "add-rcpt",
  deleteRcpt: "del-rcpt",
  replaceBody: "change-body",
  quarantine: "quarantine",
};

/** An action of a script that changes a message. */
export type MessageAction = keyof typeof MESSAGE_ACTIONS;

/** Whether an action changes a message. */
export function isMessageAction(action: string): action is MessageAction {
  return Object.hasOwn(MESSAGE_ACTIONS, action);
}

/** Whether what an action needs was negotiated. */
export function isAllowed(action: MessageAction, agreement: Agreement): boolean {
  return agreement.may(MESSAGE_ACTIONS[action].needs);
}

/** Whether a flag keeps the filter from answering. */
export function isSilent(stage: Stage, agreement: Agreement): boolean {
  const noReply = stage === "abort" || stage === "close" ? undefined : EVENT_FLAGS[stage].noReply;
  return noReply !== undefined && agreement.has(noReply);
}

/**
 * The terms of a filter that follows a script.
 *
 * @param script the script
 * @param agreement what was negotiated
 * @param offer what the MTA itself offers
 */
export function termsOf(script: Script, agreement: Agreement, offer: Pick<Offer, "actions">): FilterTerms {
  const events = (Object.keys(EVENT_FLAGS) as VerdictEvent[]).filter((event) => {
    const { no } = EVENT_FLAGS[event];
    return no === undefined || !agreement.has(no);
  });
  return {
    events,
    verdicts: events.filter((event) => !isSilent(event, agreement)),
    changes: changesOf(script, agreement, offer),
    macros: macrosOf(script),
    rejectedRecipients: agreement.has("rcpt-rej"),
    leadingSpace: agreement.has("hdr-leadspc"),
  };
}

/** No more than the rules ask for, since filters behind this one wait for what it may change. */
function changesOf(script: Script, agreement: Agreement, offer: Pick<Offer, "actions">): Change[] {
  const changes = new Set<MtaChange>();
  for (const { stage, action } of script.rules) {
    if (stage !== "eom" || !isMessageAction(action) || !isAllowed(action, agreement)) continue;
    for (const change of MESSAGE_ACTIONS[action].changes) changes.add(change);
  }
  return [...changes].filter((change) => offer.actions & actionBit(ACTION_OF_CHANGE[change]));
}

function macrosOf({ symlists }: Script): NonNullable<FilterTerms["macros"]> {
  const macros: { [stage in MacroStageName]?: readonly string[] } = {};
  for (const [stage, list] of symlists) macros[stage] = list.split(" ").filter((name) => name !== "");
  // The macro that tells the MTAs apart. `MacroMemory` keeps it from the script, which has not asked for it. An empty
  // list is left alone: to Postfix it means the default, which holds this one.
  if (macros.connect?.length && !macros.connect.includes("v")) macros.connect = [...macros.connect, "v"];
  return macros;
}
