// Notices by mail: what is sent, what lets it through, and what happens if it fails.
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { NextHop } from "../support/next_hop.ts";
import { eventually, limited } from "./support.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("a mail names the key, the limit and the message", async () => {
  const server = await NextHop.start();
  await using it = await limited([
    ["limit", "1/1h"],
    ["notify-mail", "postmaster@example.org"],
    ["notify-mail", "root"],
    ["notify-server", `inet:${server.port}@127.0.0.1`],
  ]);
  const mail = {
    from: "jörg@example.org",
    helo: "his.example\r\n.\r\nQUIT",
    client: { address: "192.0.2.7" },
  };
  await it.sendAs("jörg", mail);
  (await it.sendAs("jörg", mail)).assertTempfailed(451);
  const [received] = await server.waitFor(1);
  await it.filter.dispose();
  await server.stop();
  assert.ok(received);
  assert.match(received.helo, /^notice-[0-9a-f]{32}\.milterkit\.invalid$/);
  assert.equal(received.mail, "<> BODY=8BITMIME");
  assert.deepEqual(received.rcpts, ["<postmaster@example.org>", "<root>"]);
  const [header = "", body = ""] = text(received.data).split("\r\n\r\n");
  const content = text(received.data).slice(header.length + 4);
  assert.match(header, /^From: Milterkit <postmaster@example\.org>$/m);
  assert.match(header, /^To: postmaster@example\.org, root$/m);
  assert.match(header, /^Subject: j\?rg is over the limit 1\/1h on /m);
  assert.match(header, /^Auto-Submitted: auto-generated$/m);
  assert.match(header, /^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/m);
  assert.match(header, /^Message-ID: <[^@>]+@[^>]+>$/m);
  assert.match(
    body,
    /^jörg has reached the limit 1\/1h\.\r\nMail over the limit is refused temporarily \(451\); .* in 3600 s\.$/,
  );
  assert.match(content, /^ {2}HELO: +his\.example\?\?\.\?\?QUIT$/m);
  assert.match(content, /^ {2}Sender: +jörg@example\.org$/m);
  assert.equal(it.filter.metrics.count("notices_total", { way: "mail", result: "sent" }), 1);
});

test("the sender can be chosen", async () => {
  const server = await NextHop.start();
  await using it = await limited([
    ["limit", "1/1h"],
    ["notify-mail", "root"],
    ["notify-from", "milterkit@example.org"],
    ["notify-server", `inet:${server.port}@127.0.0.1`],
  ]);
  await it.count("joe", 2);
  const [received] = await server.waitFor(1);
  await server.stop();
  assert.equal(received?.mail, "<milterkit@example.org> BODY=8BITMIME");
  assert.match(text(received!.data), /^From: Milterkit <milterkit@example\.org>\r$/m);
});

test("a key that begins with a dot keeps it, and ends no mail", async () => {
  const server = await NextHop.start();
  await using it = await limited([
    ["limit", "1/1h"],
    ["notify-mail", "root"],
    ["notify-server", `inet:${server.port}@127.0.0.1`],
  ]);
  await it.count(".joe", 2);
  const [received] = await server.waitFor(1);
  await server.stop();
  assert.match(text(received!.data), /^\.joe has reached the limit/m);
});

test("a notice on its way is not counted, and its name is worth nothing afterwards", async () => {
  const store = new MemoryStore();
  const helos: string[] = [];
  const answers: string[] = [];
  // The mail server asks the filter about the notice, as an MTA does.
  const server = await fakeServer(async (line, socket) => {
    const [, helo] = /^EHLO (.*)$/.exec(line) ?? [];
    if (helo !== undefined) helos.push(helo);
    if (line.startsWith("MAIL")) {
      for (let i = 0; i < 3; i++) {
        answers.push((await it.send({ helo: helos[0]!, from: "", to: "root" })).outcome);
        answers.push((await other.send({ helo: helos[0]!, from: "", to: "root" })).outcome);
      }
    }
    socket.write(answerTo(line));
  });
  const given = [
    ["limit", "1/1h"],
    ["key", "everybody"],
    ["notify-mail", "root"],
    ["notify-server", `inet:${server.port}@127.0.0.1`],
  ] as const;
  await using it = await limited(given, { store });
  await using other = await limited(given, { store });
  await it.send();
  (await it.send()).assertTempfailed(451);
  await eventually(() => assert.equal(it.filter.metrics.count("notices_total", { result: "sent" }), 1));
  assert.deepEqual(answers, Array(6).fill("accept"));
  (await it.send({ helo: helos[0]!, from: "" })).assertTempfailed(451);
  (await it.send({ helo: "notice-0123456789abcdef0123456789abcdef.milterkit.invalid" })).assertTempfailed(
    451,
  );
  await server.close();
});

test("what goes wrong with a mail is logged", async () => {
  const cases: [answer: (line: string) => string | undefined, says: RegExp][] = [
    [
      (line) => line === GREETING ? "554 go away\r\n" : undefined,
      /its greeting was answered with 554 go away$/,
    ],
    [
      (line) => line === GREETING ? "HTTP/1.1 400 Bad Request\r\n" : undefined,
      /it does not speak SMTP: HTTP\/1\.1 400/,
    ],
    [
      (line) => line.startsWith("RCPT") ? "550 5.1.1 no such user\r\n" : undefined,
      /RCPT was answered with 550 5\.1\.1 no such/,
    ],
    [
      (line) => line === "." ? "451 4.7.1 Too many\r\n" : undefined,
      /the message was answered with 451 4\.7\.1 Too many$/,
    ],
    [(line) => line === GREETING ? "2".repeat(20_000) : undefined, /its reply is too long$/],
  ];
  for (const [answer, says] of cases) {
    const lines: FilterLogLine[] = [];
    const server = await fakeServer((line, socket) => void socket.write(answer(line) ?? answerTo(line)));
    await using it = await limited([
      ["limit", "1/1h"],
      ["notify-mail", "root"],
      ["notify-server", `inet:${server.port}@127.0.0.1`],
    ], { onLog: (line) => lines.push(line) });
    await it.count("joe", 2);
    await eventually(() => assert.match(lines[0]?.text ?? "", says));
    assert.match(lines[0]!.text, /^a notice failed: mail server inet:\d+@127\.0\.0\.1: /);
    await server.close();
  }
});

test("a server that knows only HELO, and takes no 8 bits, gets ASCII", async () => {
  const said: string[] = [];
  const server = await fakeServer((line, socket) => {
    said.push(line);
    socket.write(line.startsWith("EHLO") ? "502 what?\r\n" : answerTo(line));
  });
  await using it = await limited([
    ["limit", "1/1h"],
    ["notify-mail", "root"],
    ["notify-server", `inet:${server.port}@127.0.0.1`],
  ]);
  await it.count("jörg", 2);
  await eventually(() => assert.equal(it.filter.metrics.count("notices_total", { result: "sent" }), 1));
  await server.close();
  assert.ok(said.includes("MAIL FROM:<>"));
  assert.ok(said.includes("j?rg has reached the limit 1/1h."));
});

test("nobody at the server's address, or silence there, is a failure", async () => {
  const server = await fakeServer(() => {});
  for (const silent of [true, false]) {
    if (!silent) await server.close();
    const lines: FilterLogLine[] = [];
    await using it = await limited([
      ["limit", "1/1h"],
      ["notify-mail", "root"],
      ["notify-server", `inet:${server.port}@127.0.0.1`],
    ], { onLog: (line) => lines.push(line) });
    await it.count("joe", 2);
    if (silent) {
      await server.connected;
      await it.clock.advance(60_000);
    }
    await eventually(() =>
      assert.match(
        lines[0]?.text ?? "",
        silent ? /the mail took more than 60 s$/ : /: Cannot connect to inet:/,
      )
    );
  }
});

interface FakeServer {
  readonly port: number;
  /** Settled at the first connection. */
  readonly connected: Promise<void>;
  close(): Promise<void>;
}

/** What a fake server is asked for when a client connects. */
const GREETING = "(greeting)";

/** A server that answers a connection, and each line, in its own way. */
function fakeServer(answer: (line: string, socket: Socket) => void | Promise<void>): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  let connect = () => {};
  const connected = new Promise<void>((resolve) => connect = resolve);
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    connect();
    socket.on("error", () => {});
    let rest = "";
    let turn = Promise.resolve(answer(GREETING, socket));
    socket.on("data", (bytes) => {
      const lines = (rest + text(bytes)).split("\r\n");
      rest = lines.pop()!;
      for (const line of lines) turn = turn.then(() => answer(line, socket));
    });
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as { port: number }).port,
        connected,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      }))
  );
}

/** What a server says that takes everything; nothing to the lines of a message. */
function answerTo(line: string): string {
  if (line === GREETING) return "220 mail.example.org\r\n";
  if (line.startsWith("DATA")) return "354 go on\r\n";
  return /^(EHLO|HELO|MAIL|RCPT|QUIT|\.$)/.test(line) ? "250 OK\r\n" : "";
}
