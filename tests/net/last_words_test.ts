// What the other side says before it closes is read, even if it closes while we still send.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAddress } from "../../lib/net/address.ts";
import { connect } from "../../lib/net/listen.ts";
import { inFolder } from "../server/support.ts";
import { programCommand } from "../support/runtime.ts";

const ROUNDS = 20;
const PIECE = new Uint8Array(64 * 1024);
/** More than the buffers of a connection hold. */
const PIECES = 256;
/** Long enough for the other process to answer and close, in milliseconds. */
const PAUSE = 10;

/** What is read of a server that answers the first bytes and closes, while much more is written to it. */
function read(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    connect(parseAddress(address), (connection) => {
      queueMicrotask(() => {
        connection.write(PIECE.subarray(0, 100));
        // Nothing is read meanwhile, so that writing fails first.
        for (const end = performance.now() + PAUSE; performance.now() < end;);
        for (let i = 0; i < PIECES; i++) connection.write(PIECE);
      });
      return {
        data: (bytes) => void (text += new TextDecoder().decode(bytes)),
        drain() {},
        closed: () => resolve(text),
      };
    }).catch(reject);
  });
}

for (const kind of ["unix", "tcp"] as const) {
  test(`the last words of who closes while we send are read (${kind})`, () =>
    inFolder(async (folder) => {
      const program = fileURLToPath(new URL("answering_program.ts", import.meta.url));
      const [command, ...args] = programCommand(program, kind === "unix" ? `${folder}/socket` : "0");
      const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
      try {
        const address = await new Promise<string>((resolve) =>
          child.stdout.once("data", (bytes) => resolve(String(bytes).trim()))
        );
        const texts: string[] = [];
        for (let i = 0; i < ROUNDS; i++) texts.push(await read(address));
        assert.deepEqual(texts, new Array(ROUNDS).fill("too much"));
      } finally {
        child.stdin.end();
        await new Promise((resolve) => child.once("close", resolve));
      }
    }));
}
