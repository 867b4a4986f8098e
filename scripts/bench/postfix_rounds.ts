/**
 * Rounds of mail through each way of one Postfix, with the processor time and the waits of each.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../tests/auth/dkim/support.ts";
import { MilterLoad } from "../dkim_load.ts";
import { RECIPIENT, type Setup, type Setups } from "./postfix_setups.ts";
import { cpuSeconds } from "./proc.ts";
import { sendMessages, type SmtpLoad } from "./smtp_load.ts";

/**
 * Messages that each filter is given before the first round, without an MTA, until its runtime has compiled what is used: a
 * service runs for weeks.
 */
const WARM_UP = 6000;
const PER_CONNECTION = 10;
/** How long to wait for what the log and the filters do after the last answer, in milliseconds. */
const AFTER = 50;

const SETUPS = ["none", "separate", "chain", "quiet"] as const;

/** A way through Postfix. */
export type SetupName = typeof SETUPS[number];

/** A wait, in milliseconds. */
export interface Wait {
  readonly p50: number;
  readonly p99: number;
}

/** What a message took in one round; processor time in milliseconds. */
export interface Figures {
  /** Processor time of all filters. */
  readonly filters: number;
  /** Processor time of Postfix, its queue and the discarding included. */
  readonly mta: number;
  /** From opening the connection to the answer to EHLO. */
  readonly connection: Wait;
  /** From MAIL to the answer to the message. */
  readonly transaction: Wait;
  /** From the end of the message to the answer. */
  readonly end: Wait;
}

/** One round: the figures of each way. */
export type PostfixRound = Readonly<Record<SetupName, Figures>>;

/** Gives all filters mail until they are as fast as they get. */
export async function warmUp(setups: Setups, message: Message): Promise<void> {
  for (const { socket } of SETUPS.flatMap((name) => setups[name].filters)) {
    for (let sent = 0; sent < WARM_UP; sent += PER_CONNECTION) {
      const load = await MilterLoad.open(socket);
      const prepared = load.prepare(message);
      for (let i = 0; i < PER_CONNECTION; i++) await load.send(prepared);
      load.close();
    }
  }
}

/** Sends mail through all ways in turn, round after round; the first is not counted. */
export async function roundsBehindPostfix(
  setups: Setups,
  load: SmtpLoad,
  count: number,
): Promise<PostfixRound[]> {
  const rounds: PostfixRound[] = [];
  for (let number = 0; number <= count; number++) {
    const round = {} as Record<SetupName, Figures>;
    for (const name of SETUPS) round[name] = await measure(setups, setups[name], load);
    if (number > 0) rounds.push(round);
  }
  return rounds;
}

async function measure(
  { postfix, master }: Setups,
  { port, filters }: Setup,
  load: SmtpLoad,
): Promise<Figures> {
  const filterTime = () => filters.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const before = { filters: filterTime(), mta: cpuSeconds(master) };
  const { connection, transaction, end } = await sendMessages(port, RECIPIENT, load);
  await postfix.idle();
  await sleep(AFTER);
  const perMessage = (seconds: number) => seconds * 1000 / load.messages;
  return {
    filters: perMessage(filterTime() - before.filters),
    mta: perMessage(cpuSeconds(master) - before.mta),
    connection: wait(connection),
    transaction: wait(transaction),
    end: wait(end),
  };
}

function wait(times: readonly number[]): Wait {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
