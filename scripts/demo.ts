/**
 * Demonstrates three built-in filters: starts the real server, sends it the messages in `tests/messages` as an MTA
 * would, and shows the result for each.
 *
 *     deno task demo
 */

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  type ClientAnswer,
  formatMessage,
  HeaderField,
  type Modification,
  MtaClient,
  parseMessage,
} from "../mod.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = fileURLToPath(new URL("../tests/messages/", import.meta.url));

const FILTERS = [
  ["--filter", "size-limit", "--max", "25KB"],
  ["--filter", "dkim-check", "--authserv-id", "mx.example.net", "--dns-records", "tests/messages/keys.txt"],
  [
    "--filter",
    "header-rewrite",
    "--remove",
    "X-Mailer",
    "--add",
    "X-Received-From: {client_name} [{client_addr}]",
  ],
];

const colours = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
const paint = (code: number, text: string): string => colours ? `\x1b[${code}m${text}\x1b[0m` : text;
const say = (text = ""): void => void process.stdout.write(`${text}\n`);

const args = ["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", ...FILTERS.flat()];
say("A server with three filters, on any free port (0):\n");
say(`  milterkit serve --listen inet:0@127.0.0.1 \\\n    ${FILTERS.map(commandLine).join(" \\\n    ")}\n`);
say("What it did with each message; - and + are header fields removed and added:\n");
const server = spawn(process.execPath, ["run", "--quiet", "--allow-all", "cli/main.ts", ...args], {
  cwd: root,
  stdio: ["ignore", "inherit", "pipe"],
});
const exited = new Promise<number | null>((resolve) => server.on("exit", resolve));
const address = await listeningAddress();
const client = await MtaClient.open(address);
await client.connect({ hostname: "client.example.org", family: "inet", port: 40025, address: "192.0.2.25" });
await client.helo("client.example.org");
for (const name of readdirSync(folder).filter((file) => file.endsWith(".eml")).sort()) {
  const message = readFileSync(folder + name);
  const { event, answer } = await client.message(message, {
    from: "sender@example.org",
    to: ["bob@example.net"],
    macros: { mail: { i: name.replace(/\D.*/, "").padStart(6, "4ZK00") } },
  });
  show(name, message, event, answer);
  client.abort();
}
client.quit();
// Not `server.kill`: Deno would then report the signal instead of the exit code.
process.kill(server.pid!, "SIGTERM");
const code = await exited;
say(`\nThe server stopped on SIGTERM with exit code ${code}.`);
process.exit(code === 0 ? 0 : 1);

function commandLine(args: readonly string[]): string {
  return args.map((arg) => /[ {[]/.test(arg) ? `"${arg}"` : arg).join(" ");
}

/** Waits for the server's log line "listening" and returns the address. Later log lines are shown as output. */
function listeningAddress(): Promise<string> {
  let log = "";
  return new Promise((resolve, reject) => {
    server.stderr.on("data", (bytes: Uint8Array) => {
      log += new TextDecoder().decode(bytes);
      const address = /"address":"([^"]+)"/.exec(log)?.[1];
      if (address !== undefined) resolve(address);
    });
    server.on("exit", () => reject(new Error(`The server ended: ${log}`)));
  });
}

function show(name: string, message: Uint8Array, event: string, answer: ClientAnswer): void {
  const accepted = answer.verdict === "continue" || answer.verdict === "accept";
  const verdict = accepted ? paint(32, "delivered") : paint(31, `refused at ${event}`);
  const { reply } = answer;
  say(`${paint(1, name)} (${sizeAsSent(message)} bytes): ${verdict}`);
  if (reply) say(`    ${reply.code} ${reply.enhanced ?? ""} ${reply.lines.join(" ")}`);
  for (const line of answer.modifications.flatMap((change) => changedLines(message, change))) {
    say(`    ${line}`);
  }
}

/** The size of a message in bytes as an MTA sends it, with CRLF at each line end. */
function sizeAsSent(message: Uint8Array): number {
  return formatMessage(parseMessage(message)).length;
}

/** Returns a change as removed and added lines. */
function changedLines(message: Uint8Array, change: Modification): string[] {
  switch (change.type) {
    case "insertHeader":
    case "addHeader":
      return [added(HeaderField.of(change.name, change.value))];
    case "changeHeader": {
      const wanted = HeaderField.of(change.name, change.value);
      const old = parseMessage(message).header.filter((field) => field.is(wanted.name)).at(change.index - 1);
      const gone = old ? [paint(31, `- ${line(old)}`)] : [];
      return change.value.length > 0 ? [...gone, added(wanted)] : gone;
    }
    default:
      return [change.type];
  }
}

function added(field: HeaderField): string {
  return paint(32, `+ ${line(field)}`);
}

function line(field: HeaderField): string {
  return `${field.name}: ${field.value.trim()}`.replaceAll("\n", "\n      ");
}
