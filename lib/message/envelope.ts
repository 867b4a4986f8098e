/**
 * The envelope: sender and recipients as the MTA sent them, and the changes that filters make.
 *
 * @module
 */

import { toBytes, utf8Text } from "../protocol/text.ts";
import { mailboxReadings, postfixSpelling } from "./mailbox.ts";
import type { MtaKind } from "./mta.ts";

/**
 * A sender or a recipient with its ESMTP arguments.
 *
 * Text is decoded from the bytes only when it is read.
 */
export class EnvelopeAddress {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #path: string | undefined;
  #readings: readonly [string, ...string[]] | undefined;

  /**
   * @param bytes contains path and arguments, each ended by NUL; not copied, so it must not be modified
   * @param start where the path begins
   * @param end the index after the last NUL
   */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /**
   * Makes an address from a path and arguments.
   *
   * @param path the address; it gets no angle brackets if it has none
   * @param args the ESMTP arguments, such as `SIZE=1000`
   */
  static of(path: string | Uint8Array, args: readonly (string | Uint8Array)[] = []): EnvelopeAddress {
    const words = [path, ...args].map(toBytes);
    const bytes = new Uint8Array(words.reduce((size, { length }) => size + length + 1, 0));
    let at = 0;
    for (const word of words) {
      bytes.set(word, at);
      at += word.length + 1;
    }
    return new EnvelopeAddress(bytes, 0, bytes.length);
  }

  /** The address as the MTA sent it, with angle brackets if it had them. */
  get path(): string {
    return this.#path ??= utf8Text(this.pathBytes);
  }

  /** The bytes of path and arguments, counting the NUL after each. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** The bytes of the path; not to be written to. */
  get pathBytes(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#bytes.indexOf(0, this.#start));
  }

  /** The address as the client spelled it, without angle brackets; empty for the null sender. See also `mailbox`. */
  get address(): string {
    return bareAddress(this.path);
  }

  /**
   * The address that mail is delivered to, in one spelling however the client spelled it: without source route, comments,
   * and unnecessary quotes and white space. Compare this one. Empty for the null sender.
   */
  get mailbox(): string {
    return this.readings[0];
  }

  /**
   * The possible readings of the address: `mailbox`, and also the address as the client spelled it if RFC 5321 does not
   * allow that spelling, since another MTA may read it differently.
   */
  get readings(): readonly [string, ...string[]] {
    return this.#readings ??= mailboxReadings(this.address);
  }

  /** The ESMTP arguments, such as `SIZE=1000` or `BODY=8BITMIME`. */
  get args(): string[] {
    return this.argBytes.map(utf8Text);
  }

  /** The bytes of the arguments; not to be written to. */
  get argBytes(): Uint8Array[] {
    const args: Uint8Array[] = [];
    const bytes = this.#bytes;
    for (let at = bytes.indexOf(0, this.#start) + 1; at < this.#end;) {
      const nul = bytes.indexOf(0, at);
      args.push(bytes.subarray(at, nul));
      at = nul + 1;
    }
    return args;
  }

  /** The value of an ESMTP argument, by its name in any case; empty if it has none, undefined if it was not given. */
  arg(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const arg of this.args) {
      const equals = arg.indexOf("=");
      const key = equals < 0 ? arg : arg.slice(0, equals);
      if (key.toLowerCase() === wanted) return equals < 0 ? "" : arg.slice(equals + 1);
    }
    return undefined;
  }
}

/** The address that mail for a path is delivered to. */
export function mailboxOf(path: string): string {
  return mailboxReadings(bareAddress(path))[0];
}

/** An address without its angle brackets. */
export function bareAddress(path: string): string {
  return path.startsWith("<") && path.endsWith(">") ? path.slice(1, -1) : path;
}

/** A change to the envelope that a filter requests at end of message. */
export type EnvelopeChange =
  | { readonly type: "changeFrom"; readonly address: string; readonly args?: string }
  | { readonly type: "addRcpt"; readonly address: string; readonly args?: string }
  | { readonly type: "deleteRcpt"; readonly address: string };

/**
 * Combines all filters' changes of the envelope, in the order of the filters, and leaves out those that a later filter
 * undid: the last sender counts, and a recipient added by one filter and deleted by a later one is left out.
 *
 * @param changes all changes in order
 * @param recipients the addresses that the MTA has accepted, without brackets
 * @param mta the MTA to behave like
 */
export function envelopeActions(
  changes: readonly EnvelopeChange[],
  recipients: readonly string[],
  mta: MtaKind,
): EnvelopeChange[] {
  const actions: Action[] = [];
  const mixes = mta === "sendmail" &&
    changes.some((change) => change.type === "addRcpt" && change.args !== undefined);
  for (const change of changes) {
    if (change.type === "changeFrom") {
      const [earlier] = take(actions, ({ type }) => type === "changeFrom");
      actions.push(earlier ? { ...change, ...argumentsAfter(earlier, change, mta) } : change);
    } else if (mixes && hasArguments(changes, change)) {
      // Sendmail mixes the arguments from each time that the recipient was added, so every addition must be sent, unless
      // the last change deletes the recipient.
      if (
        changes.findLast((other) => other.type !== "changeFrom" && isSame(other, change))?.type === "addRcpt"
      ) {
        actions.push({ ...change });
      } else if (recipients.some((recipient) => mailboxOf(recipient) === mailboxOf(change.address))) {
        take(actions, (action) => action.type !== "changeFrom" && isSame(action, change));
        actions.push({ type: "deleteRcpt", address: change.address });
      }
    } else if (change.type === "addRcpt") {
      const earlier = mta === "sendmail" && actions.find((action) => action.undone && isSame(action, change));
      // In Sendmail, a recipient that is added again keeps its earlier place.
      if (earlier) earlier.undone = false;
      else actions.push({ ...change });
    } else {
      deleteFrom(actions, change, recipients);
    }
  }
  return actions.filter(({ undone }) => !undone).flatMap(({ undone: _, ...action }) =>
    action.type === "deleteRcpt" ? deletions(action, recipients, mta) : [action]
  );
}

/** Deletes a recipient by each spelling under which the MTA knows it. */
function deletions(
  change: EnvelopeChange & { readonly type: "deleteRcpt" },
  recipients: readonly string[],
  mta: MtaKind,
): EnvelopeChange[] {
  const mailbox = mailboxOf(change.address);
  const known = recipients.filter((recipient) => mailboxOf(recipient) === mailbox);
  if (known.length === 0) return [change];
  // Sendmail does not find `z@example.org` if the client sent `"z"@example.org`.
  const spellings = new Set(mta === "postfix" ? known.map(postfixSpelling) : known);
  const given = bareAddress(change.address);
  return [...spellings].map((spelling) =>
    spelling === given ? change : { ...change, address: `<${spelling}>` }
  );
}

/** An action that a later change may undo, or redo. */
type Action = EnvelopeChange & { undone?: boolean };

function deleteFrom(actions: Action[], change: EnvelopeChange, recipients: readonly string[]): void {
  const added = actions.filter((action) => action.type === "addRcpt" && isSame(action, change));
  if (
    added.length > 0 && !recipients.some((recipient) => mailboxOf(recipient) === mailboxOf(change.address))
  ) {
    for (const action of added) action.undone = true;
    return;
  }
  take(actions, (action) => action.type !== "changeFrom" && isSame(action, change));
  actions.push(change);
}

/** Whether a recipient is ever added with arguments. */
function hasArguments(changes: readonly EnvelopeChange[], of: EnvelopeChange): boolean {
  return changes.some((change) =>
    change.type === "addRcpt" && change.args !== undefined && isSame(change, of)
  );
}

function isSame(a: EnvelopeChange, b: EnvelopeChange): boolean {
  return mailboxOf(a.address) === mailboxOf(b.address);
}

/** The ESMTP arguments after a second change of the sender: both MTAs keep those that it does not replace. */
function argumentsAfter(
  first: EnvelopeChange,
  second: EnvelopeChange,
  mta: MtaKind,
): { readonly args?: string } {
  const before = "args" in first ? first.args : undefined;
  const after = "args" in second ? second.args : undefined;
  if (before === undefined || after === undefined) {
    const args = after ?? before;
    return args === undefined ? {} : { args };
  }
  // Postfix replaces argument by argument, Sendmail all of them.
  return { args: mta === "postfix" ? `${before} ${after}` : after };
}

function take<T>(list: T[], matches: (item: T) => boolean): T[] {
  const taken = list.filter(matches);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((item) => !matches(item)));
  return taken;
}
