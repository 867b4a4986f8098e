// How the reading of content ends: with the callback, its time, the message, or a file that cannot be read.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync, truncateSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import type { MessageContent } from "../../lib/filter/message_content.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import type { PartInfo } from "../../lib/mime/structure/part_info.ts";
import { openFiles } from "../message/spool_support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at } from "../support/present.ts";
import { type AnyFilter, gate, inFolder, served, until } from "../server/support.ts";

const TO = ["a@example.net"];
const FILE = "0123456789".repeat(30_000);
const MAIL = [
  "Subject: Hi",
  "Content-Type: multipart/mixed; boundary=b",
  "",
  "--b",
  "",
  "Hello",
  "--b",
  "Content-Type: application/octet-stream",
  "Content-Transfer-Encoding: base64",
  "",
  btoa(FILE).replaceAll(/.{76}/g, "$&\r\n"),
  "--b--",
  "",
].join("\r\n");

/** A filter that works on the content. */
function working(
  work: (content: MessageContent) => Promise<unknown>,
  settings: Partial<AnyFilter> = {},
): AnyFilter {
  return {
    name: "working",
    content: "mime",
    async eom({ content }) {
      await work(content);
    },
    ...settings,
  };
}

const fileOf = async (content: MessageContent) => at(await content.parts(), 2);

/** What reading throws; undefined if it does not. */
const thrownBy = (reading: Promise<unknown>) => reading.then(() => undefined, (error) => error.code);

test("several filters read the structure once, and each its own pieces", async () => {
  const infos: PartInfo[] = [];
  const texts: string[] = [];
  const reads = (name: string) =>
    working(async (content) => {
      const file = await fileOf(content);
      infos.push(file.info);
      const pieces: Uint8Array[] = [];
      for await (const piece of file.stream()) pieces.push(piece);
      texts.push(pieces.map(utf8Text).join(""));
      const body: Uint8Array[] = [];
      for await (const piece of content.stream()) body.push(piece);
      texts.push(body.map(utf8Text).join(""));
    }, { name });
  await inFolder(async (folder) => {
    await served([reads("first"), reads("second")], async ({ open, of }) => {
      await (await open()).message(toBytes(MAIL), { to: TO });
      assert.deepEqual(of("filter-error"), []);
    }, { spool: { memory: 1000, folder } });
  });
  const body = MAIL.slice(MAIL.indexOf("\r\n\r\n") + 4);
  assert.deepEqual(texts, [FILE, body, FILE, body]);
  assert.equal(infos[0], infos[1]);
});

test("a filter whose time is up can read no more", async () => {
  const clock = new ManualClock();
  const begun = gate();
  const held = gate();
  const ended = gate<unknown>();
  const slow = working(async (content) => {
    const file = await fileOf(content);
    begun.open();
    await held.opened;
    ended.open(await thrownBy(file.bytes()));
  }, { onError: "accept" });
  await served([slow], async ({ open, of }) => {
    const mta = await open();
    const answer = mta.message(toBytes(MAIL), { to: TO });
    await begun.opened;
    await clock.pass(31_000);
    assert.equal((await answer).answer.verdict, "continue");
    assert.equal(of("filter-error").length, 1);
    held.open();
    assert.equal(await ended.opened, "content-unavailable");
  }, { clock, timeouts: { message: 30_000 } });
});

test("a message that is lost while its parts are read ends the reading, and leaves no file", () =>
  inFolder(async (folder) => {
    const begun = gate();
    const ended = gate<unknown>();
    const filter: AnyFilter = {
      name: "working",
      content: "mime",
      async eom({ content }, { signal }) {
        const file = at(await content.parts(), 2);
        const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
        begun.open();
        await aborted;
        ended.open(await thrownBy(file.bytes()));
      },
    };
    await served([filter], async ({ open, server }) => {
      const mta = await open();
      const lost = thrownBy(mta.message(toBytes(MAIL), { to: TO }));
      await begun.opened;
      mta.destroy();
      assert.equal(await ended.opened, "content-unavailable");
      await lost;
      await until(() => server.connections === 0);
      if (existsSync("/proc/self/fd")) await until(() => openFiles(folder).length === 0);
    }, { spool: { memory: 1000, folder } });
  }));

for (const [onError, expected] of [["tempfail", "tempfail"], ["accept", "continue"]] as const) {
  test(`a body that cannot be read again fails the filter that reads its parts, with ${onError}`, {
    skip: process.platform === "linux" ? false : "needs Linux's /proc",
  }, () =>
    inFolder(async (folder) => {
      const breaks = working(() => {
        const files = readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith(folder));
        assert.ok(files.length > 0);
        for (const fd of files) truncateSync(`/proc/self/fd/${fd}`, 0);
        return Promise.resolve();
      }, { name: "breaks" });
      const reads = working((content) => content.parts(), { name: "reads", onError });
      await served([breaks, reads], async ({ open, first }) => {
        const { answer } = await (await open()).message(toBytes(MAIL), { to: TO });
        assert.equal(answer.verdict, expected);
        const { filter, error } = first("filter-error");
        assert.equal(filter, "reads");
        assert.match(String(error), /Cannot read back a message in .*: .*the file ended early/);
      }, { spool: { memory: 1000, folder } });
    }));
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
  }
}
