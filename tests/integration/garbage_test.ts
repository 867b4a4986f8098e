// What is no milter protocol at the executable's port: that connection ends, the log says why, the others live.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import { joinBytes } from "../support/lines.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { Random, testSeed } from "../support/random.ts";

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function packet(command: string, ...payload: (string | Uint8Array)[]): Uint8Array {
  const parts = payload.map((part) => typeof part === "string" ? latin1(part) : part);
  const content = joinBytes([latin1(command), ...parts]);
  return joinBytes([u32(content.length), content]);
}

const OFFER = packet("O", u32(6), u32(0x1ff), u32(0x1fffff));
const CONNECT = packet("C", "host\x004\x00\x19127.0.0.1\0");

/** What is sent, and the reason that the log has to give. */
const cases: [what: string, bytes: Uint8Array, reason: RegExp][] = [
  ["HTTP", latin1("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), /not the milter protocol/],
  ["a TLS hello", latin1("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00".repeat(500)), /.+/],
  ["SMTP", latin1("EHLO client.example\r\n"), /not the milter protocol/],
  ["an SSH banner", latin1("SSH-2.0-OpenSSH_9.2\r\n"), /not the milter protocol/],
  ["the largest length", joinBytes([u32(0xffffffff), latin1("O")]), /4294967295/],
  ["the smallest length", u32(0), /length 0/],
  ["an event before negotiation", CONNECT, /'C'/],
  ["a negotiation that is too short", packet("O", u32(6), u32(0x1ff)), /'O'|negotiation/i],
  ["a version that nobody speaks", packet("O", u32(1), u32(0), u32(0)), /version/i],
  ["an unknown letter", joinBytes([OFFER, packet("!", "x")]), /'!'/],
  ["a letter of the filter's", joinBytes([OFFER, packet("c")]), /'c'/],
  [
    "a second negotiation inside a message",
    joinBytes([OFFER, CONNECT, packet("M", "<a@b>\0"), OFFER]),
    /'O'/,
  ],
  ["a packet longer than agreed", joinBytes([OFFER, CONNECT, u32(70_000), latin1("B")]), /70000/],
  ["a connect without its end", joinBytes([OFFER, packet("C", "host")]), /'C'/],
  ["a sender without its end", joinBytes([OFFER, CONNECT, packet("M", "<a@b>")]), /'M'/],
  [
    "a header without its value",
    joinBytes([
      ...[OFFER, CONNECT, packet("M", "<a@b>\0"), packet("R", "<c@d>\0"), packet("L", "Subject\0")],
    ]),
    /'L'/,
  ],
];

let milterkit: Milterkit;
before(async () => {
  milterkit = await Milterkit.start([
    "serve",
    ...["--listen", "inet:0@127.0.0.1", "--log-format", "json", "--log-level", "debug"],
    ...["--filter", "size-limit", "--max", "1MB"],
    ...["--filter", "header-rewrite", "--add", "X-Client: {client_addr} {helo}"],
    ...["--filter", "dkim-check", "--authserv-id", "mx.example.test"],
  ]);
});
after(() => milterkit.stop());

/** Sends bytes, one write or one a byte, and waits for the other side to end the connection. */
function sendGarbage(bytes: Uint8Array, slowly = false): Promise<void> {
  const { port } = /inet:(?<port>\d+)@/.exec(milterkit.address)!.groups!;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection is still open\n${milterkit.log()}`));
    }, 5000);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on("connect", async () => {
      if (!slowly) return socket.write(bytes);
      for (const byte of bytes) {
        if (socket.destroyed) return;
        await new Promise((written) => socket.write(Uint8Array.of(byte), written));
      }
    });
  });
}

let serial = 0;
const protocolErrors = () => milterkit.records().filter(({ type }) => type === "protocol-error");

async function openClient(): Promise<MtaClient> {
  const client = await MtaClient.open(milterkit.address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  await client.helo("client.example");
  return client;
}

/** Waits until the log has told of the message of a sender, and so of all that happened before. */
const reported = (sender: string) => milterkit.waitForRecords((record) => record.sender === sender);

for (const [what, bytes, reason] of cases) {
  for (const slowly of [false, true]) {
    test(`${what}${slowly ? ", byte by byte" : ""}`, { timeout: 120_000 }, async () => {
      const living = await openClient();
      await living.mail("a@example.test");
      await living.rcpt("b@example.test");
      const errorsBefore = protocolErrors().length;

      await sendGarbage(bytes, slowly);

      assert.match((await living.eom()).verdict, /continue/);
      living.quit();
      const later = await openClient();
      const from = `later-${++serial}@example.test`;
      const { answer } = await later.message(toBytes("Subject: x\r\n\r\nhello\r\n"), {
        from,
        to: ["b@example.test"],
      });
      assert.equal(answer.modifications.length, 2);
      later.quit();
      await reported(from);
      const errors = protocolErrors().slice(errorsBefore);
      assert.equal(errors.length, 1, milterkit.log());
      assert.equal(errors[0]?.level, "WARN");
      assert.match(String(at(errors, 0).error), reason);
      assert.match(String(at(errors, 0).message), /^connection \d+ from 127\.0\.0\.1:\d+ ended: /);
    });
  }
}

test("noise of any kind ends its connection or nothing", { timeout: 120_000 }, async () => {
  const random = new Random(testSeed("noise"));
  const living = await openClient();
  await living.mail("noise@example.test");
  const noise = Array.from({ length: 200 }, (_, i) => {
    const bytes = Uint8Array.from({ length: 1 + random.below(300) }, () => random.below(256));
    // behind a right beginning, and with lengths that can be
    const packets = Array.from({ length: 5 }, () => {
      const letter = random.pick([..."DCHMRTLNBEAQKUO"]);
      return packet(letter, bytes.subarray(0, random.below(bytes.length)));
    });
    return i % 2 === 0 ? bytes : joinBytes([OFFER, CONNECT, ...packets, u32(0)]);
  });
  await Promise.all(noise.map((bytes) => sendGarbage(joinBytes([bytes, u32(0xffffffff), u32(0xffffffff)]))));
  await living.rcpt("b@example.test");
  assert.equal((await living.eom()).verdict, "continue");
  living.quit();
  assert.equal(milterkit.running, true);
  await reported("noise@example.test");
  // some of it offers too little for a filter, which is an error of another kind
  const errors = milterkit.records().filter(({ level, event }) => level === "ERROR" && event !== "negotiate");
  assert.deepEqual(errors, []);
});
