/**
 * Decides whose mail is signed: a signature vouches for a message, so nobody else's is.
 *
 * @module
 */
import type { MessageContext } from "../../lib/filter/context.ts";
import { type Network, unmappedAddress } from "../../lib/options/network.ts";
import { type Unsigned, unsigned } from "./reasons.ts";

/** A macro of the MTA that marks mail to sign. */
export interface MacroCondition {
  /** Its name, without braces. */
  readonly name: string;
  /** The value that it must have; undefined: any that is not empty. */
  readonly value: string | undefined;
}

/** Whose mail is signed beside that of clients that logged in. */
export interface OwnSenders {
  /** Networks of clients. */
  readonly networks: readonly Network[];
  /** Macros, of which one is enough. */
  readonly macros: readonly MacroCondition[];
}

/** What is known about the client when the message begins. */
export type SenderContext = Pick<MessageContext<unknown, unknown>, "client" | "macro">;

/**
 * Decides whether a message may be signed because of who sent it.
 *
 * @returns why not; undefined if it may
 */
export function refuseStranger(
  { client, macro }: SenderContext,
  { networks, macros }: OwnSenders,
): Unsigned | undefined {
  if (loginOf(macro) !== undefined) return undefined;
  const address = unmappedAddress(client?.address ?? "");
  if (networks.some((network) => network.has(address))) return undefined;
  if (macros.some(({ name, value }) => holds(macro(name), value))) return undefined;
  const others = [
    ...(networks.length > 0 ? ["--sign-client"] : []),
    ...(macros.length > 0 ? ["--sign-macro"] : []),
  ];
  const who = address === "" ? "the client" : `client ${address}`;
  return unsigned(
    "sender",
    `${who} did not log in${others.length > 0 ? `, and ${others.join(" and ")} do not name it` : ""}`,
  );
}

/** The name that the client logged in with; undefined if it did not. Sendmail sends an unset macro as an empty one. */
export function loginOf(macro: SenderContext["macro"]): string | undefined {
  return macro("auth_authen") || undefined;
}

function holds(given: string | undefined, wanted: string | undefined): boolean {
  if (given === undefined || given === "") return false;
  return wanted === undefined || given === wanted;
}
