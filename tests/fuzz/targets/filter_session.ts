/**
 * The filter's side of a connection, whatever an MTA says.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { commands, type PacketSpec, replies } from "../../../lib/protocol/codec.ts";
import { Command, ProtocolFlag, Reply } from "../../../lib/protocol/constants.ts";
import { ProtocolError } from "../../../lib/protocol/errors.ts";
import { FilterSession } from "../../../lib/protocol/filter_session.ts";
import type { VerdictLetter } from "../../../lib/protocol/verdict_scope.ts";
import { encodeReply } from "../../../lib/protocol/reply.ts";
import { toBytes } from "../../../lib/protocol/text.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { answerProblem, cut, isAnswered, mtaStream, type Packet, WORDS } from "../packets.ts";
import { streams } from "../recorded.ts";
import { at } from "../../support/present.ts";

/** Bytes before the stream: four of what is asked for, one of how it answers. */
const HEAD = 5;
const VERDICTS: readonly VerdictLetter[] = [
  Reply.CONTINUE,
  Reply.CONTINUE,
  Reply.ACCEPT,
  Reply.CONTINUE,
  Reply.REJECT,
  Reply.TEMPFAIL,
  Reply.DISCARD,
];
const REPLY = encodeReply({ code: 450, enhanced: "4.7.1", lines: ["later"] });
const IN_MESSAGE: ReadonlySet<string> = new Set(["mail", "rcpt", "data", "header", "eoh", "body", "eom"]);
const OF_MESSAGE = [
  Command.MAIL,
  Command.RCPT,
  Command.DATA,
  Command.HEADER,
  Command.EOH,
  Command.BODY,
  Command.BODYEOB,
];
const OF_CONNECTION = [Command.CONNECT, Command.HELO, Command.UNKNOWN, ...OF_MESSAGE];
const FIELDS: Partial<Record<string, PacketSpec>> = {
  connect: commands.connect,
  helo: commands.helo,
  mail: commands.mail,
  rcpt: commands.rcpt,
  header: commands.header,
  eom: commands.bodyeob,
  unknown: commands.unknown,
};

export const filterSession: Target = {
  name: "filter-session",
  promise: "the filter's side refuses or answers each packet once, alike however the stream is cut",
  cases: 700,
  words: WORDS,
  seeds: () => streams("mta", HEAD),
  make(random) {
    const asked = random.below(2)
      ? [0, 0, 0, 0]
      : [0, random.below(32), random.below(256), random.below(256)];
    return concatenated([
      Uint8Array.of(...asked, random.below(random.below(2) ? 1 : 256)),
      mtaStream(random),
    ]);
  },
  check(bytes) {
    const head = new Uint8Array(HEAD);
    head.set(bytes.subarray(0, HEAD));
    const view = new DataView(head.buffer);
    const stream = withoutHalfBody(bytes.subarray(HEAD));
    let first: Session | undefined;
    for (const pieces of cuttings(stream)) {
      const session = new Session(view.getUint32(0), view.getUint8(4));
      session.take(pieces);
      first ??= session;
      same(session.log, first.log, "the events are the same however the stream is cut");
      same(latin1Text(session.output), latin1Text(first.output), "so are the answers");
    }
    checkAnswers(first!, cut(stream, 65_535).packets);
  },
};

/** Of a body packet that is cut off, how much is handed on depends on how it comes. */
function withoutHalfBody(stream: Uint8Array): Uint8Array {
  const { left, problem } = cut(stream, 65_535);
  const isHalfBody = problem === undefined && left > 4 && stream[stream.length - left + 4] === Command.BODY;
  return isHalfBody ? stream.subarray(0, stream.length - left) : stream;
}

function checkAnswers(session: Session, said: readonly Packet[]): void {
  const answers = cut(session.output, Infinity);
  same(answers.left, 0, "answers are whole packets");
  const { problem, answered } = answerProblem(said, answers.packets, session.agreed);
  same(problem, undefined, "answers are what an MTA takes");
  if (session.failed) return;
  const end = said.findIndex(({ command }) => command === Command.QUIT);
  const heard = end < 0 ? said : said.slice(0, end);
  checkMacros(session, heard);
  const asked = heard.filter(({ command }) => isAnswered(command, session.agreed));
  same(answered, asked.length, "each packet that wants an answer gets one");
}

/** Macros end with their message, and with their connection. */
function checkMacros(session: Session, said: readonly Packet[]): void {
  const last = (command: number) => said.findLastIndex((packet) => packet.command === command);
  for (const [end, gone] of [[Command.ABORT, OF_MESSAGE], [Command.QUIT_NC, OF_CONNECTION]] as const) {
    if (last(end) < 0 || last(end) < last(Command.MACRO)) continue;
    for (const command of gone) same(session.macrosOf(command), [], "macros end with what they are about");
  }
}

/** A session, and what it showed. */
class Session {
  readonly log: unknown[] = [];
  failed = false;
  readonly #session = new FilterSession();
  readonly #protocol: number;
  readonly #stride: number;
  readonly #output: Uint8Array[] = [];
  #answers = 0;
  #open = false;

  constructor(protocol: number, stride: number) {
    this.#protocol = protocol;
    this.#stride = stride;
  }

  get agreed(): number {
    return this.#session.agreement?.protocol ?? 0;
  }

  get output(): Uint8Array {
    return concatenated(this.#output);
  }

  take(pieces: readonly Uint8Array[]): void {
    const session = this.#session;
    try {
      for (const piece of pieces) {
        session.receive(piece);
        while (session.next()) this.#handle();
        this.#output.push(session.takeOutput());
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.failed = true;
      this.log.push(error.code);
      this.#output.push(session.takeOutput());
    }
  }

  #handle(): void {
    const session = this.#session;
    const { event } = session;
    hold(!session.ended || event === "close", "nothing follows QUIT");
    if (event === "abort") hold(this.#open, "only what was begun is aborted");
    this.#note();
    if (IN_MESSAGE.has(event)) this.#open = true;
    else if (event === "abort" || event === "close") this.#open = false;
    if (event === "negotiate") {
      session.answerNegotiation({ actions: 0, protocol: this.#protocol & ~ProtocolFlag.NO_HELO });
    } else {
      this.#answer();
    }
    if (event !== "close") {
      same(session.messageOpen, this.#open, "a message is open from its first event to its end");
    }
  }

  /** The macros of a command that are in force. */
  macrosOf(command: number): string[] {
    return this.#session.macros.pairs(command).map(latin1Text);
  }

  #note(): void {
    const session = this.#session;
    const { event, bytes, start, end, wantsReply } = session;
    if (event === "body" && !wantsReply) {
      const text = latin1Text(bytes.subarray(start, end));
      const last = this.log.at(-1);
      // Without answers a body comes in pieces of any size.
      if (Array.isArray(last) && last[0] === "body" && !last[1]) last[2] += text;
      else this.log.push([event, false, text]);
      return;
    }
    const spec = FIELDS[event];
    const fields = spec
      ? Object.values(session.fields(spec)).map((value) =>
        value instanceof Uint8Array ? latin1Text(value) : value
      )
      : [];
    this.log.push([event, wantsReply, structuredClone(fields), [...session.macros.all()]]);
  }

  #answer(): void {
    const session = this.#session;
    if (!session.wantsReply) return;
    const { event } = session;
    if (event === "eom") {
      session.progress();
      session.act(replies.addHeader, { name: toBytes("X"), value: toBytes("y") });
      session.act(replies.replaceBody, { chunk: toBytes("new\r\n") });
    }
    const verdict = at(VERDICTS, (this.#answers++ * this.#stride) % VERDICTS.length);
    if (verdict === Reply.TEMPFAIL) session.answerReply(REPLY);
    else session.answer(verdict === Reply.ACCEPT && event === "body" ? Reply.SKIP : verdict);
    const goesOn = verdict === Reply.CONTINUE || (verdict === Reply.ACCEPT && event === "body");
    const alone = event === "rcpt" && (verdict === Reply.REJECT || verdict === Reply.TEMPFAIL);
    if (event === "eom" || !(goesOn || alone || event === "unknown")) this.#open = false;
  }
}
