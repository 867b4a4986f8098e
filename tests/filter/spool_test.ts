// Bodies that filters wait for and new bodies, when they are too large for memory.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accept, tempfail } from "../../lib/filter/verdict.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import { type AnyFilter, inFolder, MESSAGE, served, until } from "../server/support.ts";

const TO = ["a@example.net"];
const LARGE = "0123456789abcd\r\n".repeat(20_000);
const message = (body: string) => toBytes(`Subject: hi\r\n\r\n${body}`);

/** Makes those behind it wait. */
const changer: AnyFilter = { name: "changer", changes: ["replaceBody"], eom: () => {} };

function reader(seen: string[], settings: Partial<AnyFilter> = {}): AnyFilter {
  return {
    name: "reader",
    mail: () => void seen.splice(0),
    body: (chunk) => void seen.push(latin1Text(chunk)),
    ...settings,
  };
}

/** Files without a name below a folder that this process has open. */
function openFiles(folder: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(join("/proc/self/fd", fd)).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

test("a body above the bound goes through a file, and is shown again as it was", () =>
  inFolder(async (folder) => {
    const seen: string[] = [];
    await served([changer, reader(seen)], async ({ open, of }) => {
      const mta = await open();
      for (const body of [LARGE, "short\r\n", LARGE + "x\r\n"]) {
        const { answer } = await mta.message(message(body), { to: TO });
        assert.equal(answer.verdict, "continue");
        assert.equal(seen.join(""), body);
        assert.deepEqual(readdirSync(folder), []);
      }
      assert.deepEqual(of("filter-error"), []);
      if (existsSync("/proc/self/fd")) await until(() => openFiles(folder) === 0);
    }, { spool: { memory: 1000, folder } });
  }));

test("a new body above the bound goes through a file, is what later filters read, and reaches the MTA once", () =>
  inFolder(async (folder) => {
    const seen: string[] = [];
    const replacing = (name: string, body: string): AnyFilter => ({
      name,
      changes: ["replaceBody"],
      eom: (end) => {
        for (const line of body.match(/.{1,5000}/gs)!) end.replaceBody(line);
      },
    });
    const filters = [replacing("first", LARGE), reader(seen), replacing("second", LARGE.toUpperCase())];
    await served(filters, async ({ open }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(seen.join(""), LARGE);
      const sent = answer.modifications.map((change) =>
        change.type === "replaceBody" ? latin1Text(change.chunk) : "?"
      );
      assert.equal(sent.join(""), LARGE.toUpperCase());
      if (existsSync("/proc/self/fd")) await until(() => openFiles(folder) === 0);
    }, { spool: { memory: 1000, folder } });
  }));

for (const onError of ["tempfail", "reject", "accept"] as const) {
  test(`where a body cannot be kept, the filters that wait for it fail, with ${onError}`, () =>
    inFolder(async (folder) => {
      const seen: string[] = [];
      const other: string[] = [];
      const live = reader(other, { name: "live" });
      await served([live, changer, reader(seen, { onError })], async ({ open, first }) => {
        const mta = await open();
        const { answer } = await mta.message(message(LARGE), { to: TO });
        assert.equal(answer.verdict, onError === "accept" ? "continue" : onError);
        assert.equal(other.join(""), LARGE);
        assert.deepEqual(seen, []);
        const { filter, error } = first("filter-error");
        assert.equal(filter, "reader");
        assert.match(String(error), /Cannot keep a message in .*ENOENT/);
        // The next message is none the worse for it.
        assert.equal((await mta.message(message("short\r\n"), { to: TO })).answer.verdict, "continue");
        assert.equal(seen.join(""), "short\r\n");
      }, { spool: { memory: 1000, folder: join(folder, "missing") } });
    }));
}

test("where a new body cannot be kept, its filter fails and none of its changes hold", () =>
  inFolder(async (folder) => {
    const ends: string[] = [];
    const filter: AnyFilter = {
      name: "large",
      changes: ["addHeader", "replaceBody"],
      onError: "accept",
      eom: (end) => {
        end.addHeader("X-A", "1");
        end.replaceBody(LARGE);
      },
      abort: () => void ends.push("abort"),
      close: () => void ends.push("close"),
    };
    await served([filter], async ({ open, of, server }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.deepEqual([answer.verdict, answer.modifications], ["continue", []]);
      assert.equal(of("filter-error").length, 1);
      mta.quit();
      await until(() => server.connections === 0);
      // Its eom had answered, so the message was over for it.
      assert.deepEqual(ends, ["close"]);
    }, { spool: { memory: 1000, folder: join(folder, "missing") } });
  }));

for (const [how, ending] of Object.entries({ lost: "destroy", aborted: "abort", refused: "refuse" })) {
  test(`a message that is ${how} leaves nothing behind`, () =>
    inFolder(async (folder) => {
      const first: AnyFilter = {
        name: "first",
        changes: ["replaceBody"],
        eom: () => ending === "refuse" ? tempfail() : accept(),
      };
      await served([first, reader([])], async ({ open, server }) => {
        const mta = await open();
        if (ending === "refuse") {
          await mta.message(message(LARGE), { to: TO });
        } else {
          await mta.mail("<s@example.org>");
          await mta.rcpt("<a@example.net>");
          await mta.data();
          await mta.header(HeaderField.of("Subject", "hi"));
          await mta.eoh();
          await mta.body(toBytes(LARGE.slice(0, 60_000)));
          await mta.body(toBytes(LARGE.slice(0, 60_000)));
          if (ending === "abort") mta.abort();
          else mta.destroy();
        }
        if (ending === "destroy") await until(() => server.connections === 0);
        if (existsSync("/proc/self/fd")) await until(() => openFiles(folder) === 0);
        assert.deepEqual(readdirSync(folder), []);
      }, { spool: { memory: 1000, folder } });
    }));
}
