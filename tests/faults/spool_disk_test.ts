// The disk that large messages are kept on is full, or may not be written to: a real one, so small that it fills.
import assert from "node:assert/strict";
import { statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { type AnyFilter, inFolder, served, until } from "../server/support.ts";
import { skipFor } from "../support/instance.ts";
import { at } from "../support/present.ts";
import { findCommand, run, runOrThrow } from "../support/process.ts";

const TO = ["a@example.net"];
/** Bytes of the disk; each large message is more. */
const DISK = 512 * 1024;
const LARGE = toBytes(`Subject: large\r\n\r\n${"0123456789abcd\r\n".repeat(DISK / 8)}`);
const FITTING = toBytes(`Subject: fits\r\n\r\n${"0123456789abcd\r\n".repeat(DISK / 64)}`);

async function mountProblem(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !findCommand("mount")) {
    return "needs Linux, root and mount";
  }
  let problem: string | undefined;
  await inFolder(async (folder) => {
    const { code, stderr } = await run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    if (code !== 0) problem = `needs to mount a file system: ${stderr.trim()}`;
    else await runOrThrow(["umount", folder]);
  });
  return problem;
}

const skip = skipFor(await mountProblem());

function onDisk(use: (folder: string) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      await runOrThrow(["mount", "-t", "tmpfs", "-o", `size=${DISK}`, "tmpfs", folder]);
      try {
        await use(folder);
      } finally {
        await runOrThrow(["umount", "-l", folder]);
      }
    });
}

/** The second waits for the first, and what it is shown goes by the disk. */
function waiting(seen: string[], onError: "tempfail" | "accept"): AnyFilter[] {
  return [
    { name: "changer", changes: ["replaceBody"], eom: () => {} },
    {
      name: "reader",
      onError,
      mail: () => void seen.splice(0),
      body: (chunk) => void seen.push(latin1Text(chunk)),
    },
  ];
}

const bodyOf = (message: Uint8Array) => latin1Text(message).split("\r\n\r\n")[1];

for (const onError of ["tempfail", "accept"] as const) {
  test(
    `a message that fills the disk gives ${onError}, and the next has the room back`,
    { skip },
    onDisk(async (folder) => {
      const seen: string[] = [];
      await served(waiting(seen, onError), async ({ open, of }) => {
        const mta = await open();
        for (let round = 1; round <= 3; round++) {
          const full = await mta.message(LARGE, { to: TO });
          assert.equal(full.answer.verdict, onError === "accept" ? "continue" : "tempfail");
          const errors = of("filter-error");
          assert.equal(errors.length, round);
          assert.match(String(errors.at(-1)!.error), /Cannot keep a message in .*ENOSPC/);
          const fits = await mta.message(FITTING, { to: TO });
          assert.equal(fits.answer.verdict, "continue");
          assert.equal(seen.join(""), bodyOf(FITTING));
        }
        await until(() => statfsSync(folder).bfree === statfsSync(folder).blocks, "all room is given back");
      }, { spool: { memory: 1000, folder } });
    }),
  );
}

test(
  "a disk that others have filled, and then is made room on",
  { skip },
  onDisk(async (folder) => {
    const seen: string[] = [];
    const ballast = join(folder, "ballast");
    await served(waiting(seen, "tempfail"), async ({ open }) => {
      const mta = await open();
      assert.throws(() => writeFileSync(ballast, new Uint8Array(2 * DISK)), /ENOSPC|No space/);
      assert.equal((await mta.message(FITTING, { to: TO })).answer.verdict, "tempfail");
      writeFileSync(ballast, "");
      assert.equal((await mta.message(FITTING, { to: TO })).answer.verdict, "continue");
      assert.equal(seen.join(""), bodyOf(FITTING));
    }, { spool: { memory: 1000, folder } });
  }),
);

test(
  "a disk that becomes read-only, and is writable again",
  { skip },
  onDisk(async (folder) => {
    const seen: string[] = [];
    await served(waiting(seen, "tempfail"), async ({ open, of }) => {
      const mta = await open();
      await runOrThrow(["mount", "-o", "remount,ro", folder]);
      assert.equal((await mta.message(FITTING, { to: TO })).answer.verdict, "tempfail");
      assert.match(String(at(of("filter-error"), 0).error), /EROFS|[Rr]ead-only/);
      await runOrThrow(["mount", "-o", "remount,rw", folder]);
      assert.equal((await mta.message(FITTING, { to: TO })).answer.verdict, "continue");
      assert.equal(seen.join(""), bodyOf(FITTING));
    }, { spool: { memory: 1000, folder } });
  }),
);
