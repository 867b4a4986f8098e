/**
 * The MTA's side of a connection, whatever a filter says.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { commands } from "../../../lib/protocol/codec.ts";
import { ProtocolError } from "../../../lib/protocol/errors.ts";
import { type FilterReply, MtaSession } from "../../../lib/protocol/mta_session.ts";
import { checkReply, InvalidReplyError } from "../../../lib/protocol/reply.ts";
import { toBytes } from "../../../lib/protocol/text.ts";
import { at } from "../../support/present.ts";
import type { Random } from "../../support/random.ts";
import { cuttings } from "../engine/choices.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";
import { packet, u32, WORDS } from "../packets.ts";
import { streams } from "../recorded.ts";

/** What the MTA says, again and again. Each says whether an answer is due. */
const SCRIPT: readonly ((mta: MtaSession) => boolean)[] = [
  (mta) => mta.connect({ hostname: "client.example", family: "inet", port: 1, address: "192.0.2.1" }),
  (mta) => mta.send("helo", commands.helo, { name: toBytes("client.example") }),
  (mta) => mta.address("mail", "<a@example.org>"),
  (mta) => mta.address("rcpt", "<b@example.org>"),
  (mta) => mta.send("data", commands.data, {}),
  (mta) => mta.header(toBytes("Subject"), toBytes(" x")),
  (mta) => mta.send("eoh", commands.eoh, {}),
  (mta) => mta.body(toBytes("body\r\n")),
  (mta) => mta.send("eom", commands.bodyeob, { chunk: toBytes("") }),
];

export const mtaSession: Target = {
  name: "mta-session",
  promise: "the MTA's side refuses what does not belong, and reads the same however the stream is cut",
  cases: 1500,
  words: WORDS,
  seeds: () => streams("filter", 0),
  make: answerStream,
  check(bytes) {
    let first: unknown[] | undefined;
    for (const pieces of cuttings(bytes)) {
      const read = play(pieces);
      first ??= read;
      same(read, first, "the answers are the same however the stream is cut");
    }
  },
};

function play(pieces: readonly Uint8Array[]): unknown[] {
  const mta = new MtaSession();
  const log: unknown[] = [];
  let step = 0;
  const goOn = () => {
    // What is not answered is not waited for; a filter may have renounced all.
    for (let i = 0; i < SCRIPT.length && mta.awaiting === undefined; i++) {
      at(SCRIPT, step++ % SCRIPT.length)(mta);
    }
  };
  mta.negotiate();
  try {
    for (const piece of pieces) {
      mta.receive(piece);
      for (let reply = mta.next(); reply; reply = mta.next()) {
        checkAnswer(reply);
        log.push(structuredClone(reply));
        goOn();
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    log.push(error.code);
  }
  return log;
}

function checkAnswer(reply: FilterReply): void {
  if (reply.type === "negotiated") {
    hold(reply.terms.version >= 2 && reply.terms.version <= 6, "the version is one that was offered");
    same(reply.terms.actions & ~0x1ff, 0, "no action is taken that was not offered");
  }
  if (reply.type === "answer" && reply.answer.reply) {
    const { reply: own } = reply.answer;
    attempt(() => checkReply(own), (error) => error instanceof InvalidReplyError);
  }
  if (reply.type === "modification" && reply.modification.type === "addHeader") {
    hold(!latin1Text(reply.modification.name).includes("\0"), "a name ends at its NUL");
  }
}

/** What a filter may answer, mostly in order. */
function answerStream(random: Random): Uint8Array {
  const protocol = random.below(3) ? 0 : random.below(0x200000);
  const parts = [packet("O", u32(6) + u32(random.below(0x200)) + u32(protocol))];
  for (let i = random.below(30); i > 0; i--) {
    const changes = [
      packet("h", "X-A\0 value\0"),
      packet("m", `${u32(random.below(3))}Subject\0 other\0`),
      packet("i", `${u32(random.below(9))}X-B\0\0`),
      packet("+", "<c@example.org>\0"),
      packet("2", "<c@example.org>\0NOTIFY=NEVER\0"),
      packet("-", "<b@example.org>\0"),
      packet("e", "<d@example.org>\0"),
      packet("b", "new body\r\n"),
      packet("q", "held\0"),
      packet("p"),
      packet("y", "550 5.7.1 no\0"),
      packet("y", "451-4.7.1 one\r\n451 4.7.1 two\0"),
    ];
    parts.push(
      random.below(3) ? packet(random.pick([..."cccccartdsf4"])) : random.pick(changes),
    );
  }
  return concatenated(parts);
}
