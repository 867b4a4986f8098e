/**
 * Implements the script actions that change a message, with Milterkit's API.
 *
 * @module
 */

import { type EndOfMessage, InvalidChangeError } from "../../../mod.ts";
import type { Agreement } from "./agreement.ts";
import { atoi, cString, toBytes, toText } from "./bytes.ts";
import { type HeaderChange, HeaderNumbers } from "./header_numbers.ts";
import type { Operation } from "./log.ts";
import type { Mta } from "./mta.ts";
import { isAllowed, type MessageAction } from "./terms.ts";

/** The changes of one end of message. */
export class MessageChanges {
  readonly #message: EndOfMessage;
  readonly #agreement: Agreement;
  readonly #mta: Mta;
  #startedNumbers: HeaderNumbers | undefined;
  readonly #headerChanges: { readonly operation: Operation; readonly make: HeaderChange }[] = [];

  /**
   * @param message the message
   * @param agreement what was negotiated
   * @param mta whose ways to follow
   */
  constructor(message: EndOfMessage, agreement: Agreement, mta: Mta) {
    this.#message = message;
    this.#agreement = agreement;
    this.#mta = mta;
  }

  /**
   * Carries an action out, changes of the header no sooner than {@linkcode finish}.
   *
   * @returns the action with its result, for the log; the result of a change of the header may yet become -1
   */
  carryOut(action: MessageAction, args: readonly string[]): Operation {
    const operation: Operation = [action, 0];
    const make = isAllowed(action, this.#agreement) ? this.#prepare(action, args) : undefined;
    if (!make) operation[1] = -1;
    else if (action.endsWith("header")) this.#headerChanges.push({ operation, make });
    else attempt(operation, make, this.#message);
    return operation;
  }

  /** Makes the changes of the header, after the last action. */
  finish(): void {
    for (const { operation, make } of this.#headerChanges) attempt(operation, make, this.#message);
  }

  get #numbers(): HeaderNumbers {
    return this.#startedNumbers ??= new HeaderNumbers(this.#message.headers, this.#mta);
  }

  /** What is to be done; undefined for arguments that libmilter refuses. */
  #prepare(action: MessageAction, args: readonly string[]): HeaderChange | undefined {
    const [first = "", second, third] = args.map(cString);
    switch (action) {
      case "addheader":
        return first === "" || second === undefined ? undefined : this.#numbers.add(first, second);
      case "insheader": {
        const index = atoi(first);
        if (index < 0 || !second || third === undefined) return undefined;
        return this.#numbers.insert(index, second, third);
      }
      case "chgheader":
      case "delheader": {
        const number = atoi(second ?? "");
        if (first === "" || number < 0) return undefined;
        return this.#numbers.change(first, number, action === "delheader" ? "" : third ?? "");
      }
      case "chgfrom":
        if (first === "") return undefined;
        return (message) => message.changeFrom(toText(first), optionalText(second));
      case "addrcpt":
        return first === "" ? undefined : (message) => message.addRcpt(toText(first));
      case "addrcptpar":
        if (first === "") return undefined;
        return (message) => message.addRcpt(toText(first), optionalText(second));
      case "delrcpt":
        return first === "" ? undefined : (message) => message.deleteRcpt(toText(first));
      case "replacebody":
        return (message) => message.replaceBody(toBytes(args[0] ?? ""));
      case "replacebodyrep": {
        const body = (args[1] ?? "").repeat(Math.max(atoi(first), 0));
        return (message) => message.replaceBody(toBytes(body));
      }
      case "quarantine":
        return first === "" ? undefined : (message) => message.quarantine(toText(first));
    }
  }
}

/** A change that Milterkit refuses counts as refused, and the script continues. */
function attempt(operation: Operation, make: HeaderChange, message: EndOfMessage): void {
  try {
    make(message);
  } catch (error) {
    if (!(error instanceof InvalidChangeError)) throw error;
    operation[1] = -1;
  }
}

function optionalText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : toText(text);
}
