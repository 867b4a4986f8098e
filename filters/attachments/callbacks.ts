/**
 * The callbacks of the filter.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Counter } from "../../lib/filter/filter_kit.ts";
import type { Verdict } from "../../lib/filter/verdict.ts";
import { foldHeader } from "../../lib/message/fold.ts";
import { encodeWords } from "../../lib/mime/encode_words.ts";
import { type Finding, findingsIn } from "./findings.ts";
import { type AttachmentAction, CHANGES_OF_ACTIONS } from "./options.ts";
import type { AttachmentSettings } from "./settings_of_options.ts";
import { markOf, refusalBy, refusalText, remarkOf } from "./report.ts";
import { strip, type Stripping } from "./strip.ts";

/** What the filter needs in addition to its settings. */
export interface AttachmentTools {
  /** How parts are removed; undefined if they are not. */
  readonly stripping: Stripping | undefined;
  /** Counts what is found. */
  readonly found: Counter<"rule">;
}

type Context = MessageContext<undefined, undefined>;
type Refusal = Verdict<"reject" | "tempfail" | "discard">;

/** Actions that end the message; the first of several takes effect. */
const VERDICTS = ["reject", "discard", "tempfail"] as const;

/**
 * Makes the callbacks.
 *
 * @param settings what is looked for, and what is done then
 * @param tools what it works with
 */
export function attachmentFilter(
  settings: AttachmentSettings,
  tools: AttachmentTools,
): CreatedFilter<undefined, undefined> {
  const actions = actionsOf(settings);
  return {
    changes: [...new Set([...actions].flatMap((action) => CHANGES_OF_ACTIONS[action]))],
    verdicts: VERDICTS.some((action) => actions.has(action)) ? ["eom"] : [],
    // The folder with originals must not fill up with messages that other filters refuse.
    actsOutside: tools.stripping?.folder !== undefined,
    async eom(message, context) {
      const found = await find(message, settings);
      for (const { rule } of found) tools.found.add({ rule });
      if (found.length === 0) return;
      context.remark(remarkOf(found));
      context.label("attachment");
      return await act(message, found, context, settings, tools);
    },
  };
}

/** Everything that may be done with a message. */
function actionsOf({ action, onLimit, strip }: AttachmentSettings): Set<AttachmentAction> {
  const all = new Set<AttachmentAction>([action]);
  if (onLimit !== "accept") all.add(onLimit);
  if (strip) all.add(strip.otherwise);
  return all;
}

/** What is found, up to where nothing further could change what happens. */
async function find(
  message: EndOfMessage,
  { rules, archives, action, onLimit }: AttachmentSettings,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const decisive = decisiveOf(action, onLimit);
  for await (const finding of findingsIn(await message.content.mime(), { rules, archives })) {
    found.push(finding);
    if ((finding.rule === "limit" ? onLimit : action) === decisive) break;
  }
  return found;
}

/**
 * The action after which further findings do not matter; undefined if all findings matter, since each is marked or
 * removed.
 */
function decisiveOf(
  action: AttachmentAction,
  onLimit: AttachmentSettings["onLimit"],
): AttachmentAction | undefined {
  const refusal = VERDICTS.find((each) => each === action || each === onLimit);
  if (refusal !== undefined) return refusal;
  return action === "quarantine" && (onLimit === "quarantine" || onLimit === "accept") ? action : undefined;
}

async function act(
  message: EndOfMessage,
  found: readonly Finding[],
  context: Context,
  { action, onLimit, strip: stripSettings, markHeader }: AttachmentSettings,
  { stripping }: AttachmentTools,
): Promise<Refusal | undefined> {
  const todo = new Map<AttachmentAction, Finding[]>();
  const add = (what: AttachmentAction, finding: Finding) =>
    todo.set(what, [...(todo.get(what) ?? []), finding]);
  for (const finding of found) {
    const what = finding.rule === "limit" ? onLimit : action;
    if (what !== "accept") add(what, finding);
  }
  const early = refusalOf(todo);
  if (early) return early;
  const stripped = stripping && todo.has("strip")
    ? await strip(message, todo.get("strip")!, context, stripping)
    : undefined;
  for (const finding of stripped?.left ?? []) {
    context.remark(`cannot be removed: ${finding.file}`);
    add(stripSettings!.otherwise, finding);
  }
  const refusal = refusalOf(todo);
  if (refusal) return refusal;
  const [held] = todo.get("quarantine") ?? [];
  if (held) message.quarantine(refusalText(held));
  const marked = todo.get("mark");
  if (marked) message.addHeader(markHeader, foldHeader(markHeader, encodeWords(markOf(marked))));
  await stripped?.keep();
}

function refusalOf(todo: ReadonlyMap<AttachmentAction, readonly Finding[]>): Refusal | undefined {
  for (const action of VERDICTS) {
    const [finding] = todo.get(action) ?? [];
    if (finding) return refusalBy(action, finding);
  }
  return undefined;
}
