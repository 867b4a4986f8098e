/**
 * A whole connection of the server, with filters, in memory.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { Chain } from "../../../lib/chain/chain.ts";
import type { Answer } from "../../../lib/filter/allowed.ts";
import type { Filter } from "../../../lib/filter/filter.ts";
import type { VerdictEvent } from "../../../lib/filter/filter_terms.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../../lib/filter/verdict.ts";
import { connectInMemory } from "../../../lib/net/memory.ts";
import type { Connection } from "../../../lib/net/transport.ts";
import { Command } from "../../../lib/protocol/constants.ts";
import { ServerConnection } from "../../../lib/server/server_connection.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { Choices, numberOf } from "../engine/choices.ts";
import { Random } from "../../support/random.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { answerProblem, cut, isAnswered, mtaStream, type Packet, WORDS } from "../packets.ts";
import { streams } from "../recorded.ts";

/** Bytes before the stream, which say what the filters do. */
const HEAD = 24;
const EVENTS: readonly VerdictEvent[] = [
  "connect",
  "helo",
  "mail",
  "rcpt",
  "data",
  "header",
  "eoh",
  "body",
  "eom",
  "unknown",
];
/** How long something may take before it counts as missing, in milliseconds: a spool's file has its own pace. */
const LONGEST_WAIT = 10_000;

export const connection: Target = {
  name: "connection",
  promise: "whatever comes: one answer each, one report a message, every state let go of once",
  cases: 250,
  words: WORDS,
  seeds: () => streams("mta", HEAD),
  make(random) {
    const plan = Uint8Array.from({ length: HEAD }, () => random.below(2) ? 0 : random.below(256));
    return concatenated([plan, mtaStream(random)]);
  },
  async check(bytes) {
    const head = new Uint8Array(HEAD);
    head.set(bytes.subarray(0, HEAD));
    const choices = new Choices(head);
    const witness = counting("witness", []);
    const others = [1, 2].map((number) => scripted(`filter ${number}`, choices));
    const all = [witness, ...others];
    const chain = new Chain(all.map(({ filter }) => filter), { spool: { memory: 64 } });
    const served = new Served(chain);
    const stream = bytes.subarray(HEAD);
    await served.take(stream);
    await served.end();
    const { events } = served;
    const internal = events.find(({ type }) => type === "internal-error");
    if (internal && "error" in internal) throw internal.error;
    const count = (type: ServerEvent["type"]) => events.filter((event) => event.type === type).length;
    same([count("connected"), count("disconnected"), served.gone], [1, 1, 1], "a connection ends once");
    for (const { name, problems } of all) {
      same(problems(), [], `every state of the ${name} is let go of once`);
    }
    // Of a connection that was refused no filter hears of messages any more.
    const reports = count("message");
    const isRefused = events.some((event) =>
      event.type === "refused" || (event.type === "filter-error" && event.event === "negotiate")
    );
    hold(
      isRefused ? reports >= witness.messages() : reports === witness.messages(),
      "each message has one report",
      () => `${reports} reports, ${witness.messages()} messages`,
    );
    await until(() => chain.pool.filesOpen === 0);
    same([chain.pool.memoryInUse, chain.pool.filesOpen], [0, 0], "nothing is kept behind the end");
  },
};

/** A connection, and what was seen of it. */
class Served {
  readonly events: ServerEvent[] = [];
  gone = 0;
  readonly #near: Connection;
  #closed = false;
  #received: Uint8Array[] = [];
  #protocol = 0;

  constructor(chain: Chain) {
    const owner = {
      chain,
      reports: true,
      emit: (event: ServerEvent) => void this.events.push(event),
      service: "fuzzed",
      limitReached() {},
      looped() {},
      stalled() {},
      gone: () => void this.gone++,
    };
    this.#near = connectInMemory((socket) => new ServerConnection(1, socket, owner), () => ({
      data: (bytes) => void this.#received.push(bytes),
      drain() {},
      closed: () => void (this.#closed = true),
    }));
  }

  /** Says all, waits for every answer that is due, and makes sure that it is one that an MTA takes. */
  async take(stream: Uint8Array): Promise<void> {
    const { packets } = cut(stream, 65_535);
    const random = new Random(numberOf(stream));
    for (let at = 0; at < stream.length;) {
      const end = at + 1 + random.below(random.below(2) ? 40 : stream.length);
      this.#near.write(stream.slice(at, end));
      at = end;
      if (random.below(4) === 0) await turn();
    }
    const end = packets.findIndex(({ command }) => command === Command.QUIT);
    const said = end < 0 ? packets : packets.slice(0, end);
    const answers = () => cut(concatenated(this.#received), Infinity).packets;
    let due = Infinity;
    const answered = () => {
      const [negotiation] = answers();
      if (due === Infinity && negotiation) {
        this.#protocol = agreedIn(negotiation);
        due = said.filter(({ command }) => isAnswered(command, this.#protocol)).length;
      }
      const { problem, answered } = answerProblem(said, answers(), this.#protocol);
      same(problem, undefined, "answers are what an MTA takes");
      return answered;
    };
    const [first] = said;
    if (!first || !isAnswered(first.command, 0)) return;
    await until(() => this.#closed || answered() === due);
    if (!this.#closed) same(answered(), due, "each packet that wants an answer gets one");
  }

  async end(): Promise<void> {
    this.#near.end();
    await until(() => this.gone > 0);
    hold(this.gone > 0, "a connection that was ended is let go of");
  }
}

/** What was agreed, read from the answer itself. */
function agreedIn({ command, payload }: Packet): number {
  hold(command === Command.OPTNEG && payload.length >= 12, "negotiation is answered first");
  return new DataView(payload.buffer, payload.byteOffset).getUint32(8);
}

/** What is counted of a connection or a message of a filter. */
interface State {
  /** How often it was told of the end. */
  ends: number;
  /** Whether it gave a verdict that ends the message for it: then it need not be told. */
  decided: boolean;
}

/** A filter whose states are counted. */
interface Counting {
  readonly name: string;
  // deno-lint-ignore no-explicit-any -- states of its own
  readonly filter: Filter<any, any>;
  messages(): number;
  problems(): string[];
}

/** A filter that counts its states; `answer` gives what it says to an event. */
function counting(
  name: string,
  verdicts: readonly VerdictEvent[],
  answer: (event: VerdictEvent) => Answer = () => {},
): Counting {
  const connections: State[] = [];
  const messages: State[] = [];
  const make = (list: State[]) => () => {
    const state = { ends: 0, decided: false };
    list.push(state);
    return state;
  };
  const filter: Filter<State, State> = {
    name,
    verdicts,
    changes: verdicts.length > 0 ? ["addHeader", "replaceBody"] : [],
    connectionState: make(connections),
    messageState: make(messages),
    abort: ({ messageState }) => void messageState.ends++,
    close: ({ connectionState }) => void connectionState.ends++,
  };
  const callbacks: Record<string, (...args: { readonly messageState?: State }[]) => unknown> = {};
  for (const event of EVENTS) {
    if (event === "eom") continue;
    callbacks[event] = (...args: { readonly messageState?: State }[]) => {
      const { messageState } = args.at(-1)!;
      const said = (verdict: Verdict | void) => {
        const alone = event === "rcpt" && verdict?.kind !== "accept" && verdict?.kind !== "discard";
        if (messageState && verdict && verdict.kind !== "skip" && !alone) messageState.decided = true;
        return verdict;
      };
      const given = answer(event);
      return given instanceof Promise ? given.then(said) : said(given);
    };
  }
  const eom: Filter<State, State>["eom"] = (message, { messageState }) => {
    const settled = (verdict: Verdict | void) => {
      // Who was aborted meanwhile has ended already.
      if (messageState.ends === 0) messageState.ends++;
      return verdict;
    };
    if (verdicts.length > 0) {
      message.addHeader("X-Fuzz", name);
      message.replaceBody("new\r\n".repeat(40));
    }
    const said = answer("eom");
    return said instanceof Promise ? said.then(settled) : settled(said);
  };
  return {
    name,
    filter: { ...filter, ...callbacks, eom } as Counting["filter"],
    messages: () => messages.length,
    problems: () => [
      ...connections.filter(({ ends }) => ends !== 1).map(({ ends }) => `a connection ended ${ends} times`),
      ...messages.filter(({ ends, decided }) => decided ? ends > 1 : ends !== 1)
        .map(({ ends }) => `a message ended ${ends} times`),
    ],
  };
}

/** A filter that does what bytes say: one verdict or failure, at one event, at once or later. */
function scripted(name: string, choices: Choices): Counting {
  const plans = Array.from({ length: 3 }, () => ({
    event: choices.of(EVENTS),
    kind: choices.byte(),
    late: choices.byte() % 2 === 1,
  }));
  return counting(name, EVENTS, (event) => {
    const plan = plans.find((plan) => plan.event === event);
    if (!plan) return;
    const say = () => verdictOf(event, plan.kind);
    return plan.late ? turn().then(say) : say();
  });
}

function verdictOf(event: VerdictEvent, kind: number): Verdict | void {
  const refusal =
    [reject(550, "5.7.1", "no"), tempfail(451, "4.7.1", "later"), reject(), tempfail()][kind % 4];
  if (event === "unknown") return refusal;
  switch (kind % 7) {
    case 0:
      return;
    case 1:
      return accept();
    case 2:
      return event === "body" ? skip() : undefined;
    case 3:
      return event === "connect" || event === "helo" ? refusal : discard();
    case 4:
      throw new Error("a filter that fails");
    default:
      return refusal;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + LONGEST_WAIT;
  for (let turns = 0; !condition() && performance.now() < end; turns++) {
    if (turns < 100) await turn();
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
