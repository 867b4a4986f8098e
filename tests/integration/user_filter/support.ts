/** Files of a user's, and the programs that are to load them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MtaClient } from "../../../lib/mta/client.ts";
import { utf8Text } from "../../../lib/protocol/text.ts";
import type { ClientAnswer } from "../../../mod.ts";
import { CLIENT, MESSAGE } from "../../server/support.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { type Argv, type CommandResult, run } from "../../support/process.ts";

/** A folder that goes with the test, with these files. */
export async function withFiles(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-user-"));
  try {
    // Where there is no such folder, Bun would install packages that it does not find.
    mkdirSync(join(folder, "node_modules"));
    for (const [name, text] of Object.entries(files)) write(folder, name, text);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file, and the folders that it needs. */
export function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Runs a program to its end in a folder. */
export function runIn(folder: string, program: Argv, ...args: string[]): Promise<CommandResult> {
  return run([...program, ...args], { cwd: folder });
}

/** Serves from a folder while a test uses it. */
export async function serving(
  folder: string,
  program: Argv,
  args: readonly string[],
  use: (milterkit: Milterkit) => Promise<void>,
): Promise<void> {
  const socket = `unix:${join(folder, "milter.sock")}`;
  const milterkit = await Milterkit.startCommand([...program, "serve", "--listen", socket, ...args], {
    cwd: folder,
  });
  try {
    await milterkit.waitForLine((line) => / runs /.test(line));
    await use(milterkit);
  } finally {
    await milterkit.stop();
  }
}

/** A connection, CONNECT and HELO said. */
export async function open(milterkit: Milterkit): Promise<MtaClient> {
  const client = await MtaClient.open(milterkit.address);
  await client.connect(CLIENT);
  await client.helo("client.example");
  return client;
}

/** What becomes of a message on a connection. */
export async function send(client: MtaClient, message: Uint8Array = MESSAGE): Promise<ClientAnswer> {
  return (await client.message(message, { to: ["b@example.net"] })).answer;
}

/** The same on a connection of its own. */
export async function sendAlone(milterkit: Milterkit, message?: Uint8Array): Promise<ClientAnswer> {
  const client = await open(milterkit);
  try {
    return await send(client, message);
  } finally {
    client.quit();
  }
}

/** The headers that an answer adds, as `name: value`. */
export function added(answer: ClientAnswer): string[] {
  return answer.modifications.flatMap((change) =>
    change.type === "addHeader" ? [`${utf8Text(change.name)}: ${utf8Text(change.value).trimStart()}`] : []
  );
}
