/**
 * Messages, clients and surroundings as tests describe them.
 *
 * @module
 */

import { MTAS } from "../chain/chain_options.ts";
import type { Resolver } from "../dns/resolver.ts";
import type { KitParts } from "../kit/kit.ts";
import { withCrlf } from "../message/body.ts";
import { HeaderField } from "../message/header.ts";
import type { MtaKind } from "../message/mta.ts";
import { type ParsedMessage, parseMessage } from "../message/parse.ts";
import { shownHeader } from "../message/shown_header.ts";
import type { Mail } from "../mta/delivery.ts";
import { Settings } from "../options/settings.ts";
import { toBytes } from "../protocol/text.ts";
import type { Clock } from "../time/clock.ts";

/** The SMTP client, and the MTA that it connects to. Everything has a default. */
export interface TestClient {
  /** Host name, address and port of the client. @default mail.example.com [192.0.2.1] */
  readonly client?: { readonly hostname?: string; readonly address?: string; readonly port?: number };
  /** Its name in HELO. @default the client's host name */
  readonly helo?: string;
  /** Macros of the MTA in addition to the usual ones, such as `auth_authen`; names with or without braces. */
  readonly macros?: Readonly<Record<string, string>>;
  /**
   * The MTA to behave like: how messages are read (see `parseMessage`; Postfix hides `Bcc`, `Content-Length`, `Resent-Bcc`
   * and `Return-Path` from filters), and how fields are placed and counted.
   * @default "postfix"
   */
  readonly mta?: MtaKind;
}

/** A header value without its leading space: text, or bytes if it is not UTF-8. */
export type TestValue = string | Uint8Array;

/** A message to deliver. Everything has a default. */
export interface TestMail {
  /** The sender; empty for the null sender. @default "sender@example.com" */
  readonly from?: string;
  /** The sender's ESMTP arguments, such as `SIZE=1000`. */
  readonly fromArgs?: readonly string[];
  /** The recipients. @default "recipient@example.org" */
  readonly to?: string | readonly string[];
  /** The whole message, header and body, with any line ends; instead of `header` and `body`. */
  readonly message?: string | Uint8Array;
  /** The header: an object of names and values, or a list of pairs if a name occurs twice. @default a Subject */
  readonly header?:
    | Readonly<Record<string, TestValue>>
    | readonly (readonly [name: string, value: TestValue])[];
  /** The body, with any line ends. @default "Hello\r\n" */
  readonly body?: string | Uint8Array;
}

/** The surroundings of filters in a test. Everything has a default. */
export interface TestSurroundings {
  /** The clock for time-outs, and for timers of filters that are made here, such as a `TestClock`. @default the system's */
  readonly clock?: Clock;
  /** Answers DNS queries of filters that are made here; see `dnsAnswers`. @default the system's name servers */
  readonly resolver?: Resolver;
  /** The store of filters that are made here; see `make`. @default one in memory for each filter and name */
  readonly store?: KitParts["store"];
  /** The value of `live` in the kit of filters that are made here. @default false */
  readonly live?: boolean;
}

// A record, so that the compiler reports a missing one.
const MAIL = {
  client: true,
  helo: true,
  macros: true,
  mta: true,
  from: true,
  fromArgs: true,
  to: true,
  message: true,
  header: true,
  body: true,
  clock: true,
  resolver: true,
  live: true,
  store: true,
} satisfies Record<keyof TestMail | keyof TestClient | keyof TestSurroundings, true>;
const CLIENT = { hostname: true, address: true, port: true } satisfies Record<
  keyof NonNullable<TestClient["client"]>,
  true
>;

/** Refuses unknown names in a message, a client and its surroundings. */
export function checkMail(what: string, mail: TestMail & TestClient & TestSurroundings): void {
  const settings = new Settings(what, mail, MAIL);
  settings.isOneOf("mta", MTAS);
  settings.group("client", CLIENT);
  settings.isClock("clock");
  const beside = (["header", "body"] as const).find((name) => mail[name] !== undefined);
  if (mail.message !== undefined && beside) {
    settings.fail(beside, `message is the whole message, so leave ${beside} out`);
  }
}

/** Converts a message for delivery. */
export function mailOf(mail: TestMail, queueId: string, mta: MtaKind): Mail {
  const { from = "sender@example.com", to = "recipient@example.org" } = mail;
  return {
    from,
    to: [to].flat(),
    message: contentOf(mail, mta),
    queueId,
    ...(mail.fromArgs ? { fromArgs: mail.fromArgs } : {}),
  };
}

function contentOf(
  { message, header = { Subject: "Test" }, body = "Hello\r\n" }: TestMail,
  mta: MtaKind,
): ParsedMessage {
  if (message !== undefined) return parseMessage(toBytes(message), mta);
  const pairs = Array.isArray(header) ? header as (readonly [string, TestValue])[] : Object.entries(header);
  const fields = pairs.map(([name, value]) =>
    HeaderField.of(name, typeof value === "string" ? folded(value) : value)
  );
  return { ...shownHeader(fields, mta), body: withCrlf([toBytes(body)]) };
}

/** A folded value as MTAs pass it to filters. */
function folded(value: string): string {
  return value.replaceAll("\r\n", "\n");
}
