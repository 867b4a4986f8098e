// Names where only some programs look for them, and directories that are made to hide them or to take long.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Given } from "../support/made_filter.ts";
import { pax, sevenZip, sevenZipOfFolders, tar, tnef } from "./archives.ts";
import { messageWith, type PartOf } from "./messages.ts";
import { delivered } from "./support.ts";

const scripts = ["file-name", "*.js"] as const;

async function assertRejected(reason: RegExp, files: readonly PartOf[], ...given: Given): Promise<void> {
  (await delivered(messageWith(...files), ...given)).assertRejected(550, reason);
}

describe("a tar file", () => {
  const entries: readonly [what: string, type: string, records: Readonly<Record<string, string>>][] = [
    ["of its own", "x", { path: "evil.js" }],
    ["that counts for files with holes", "x", { "GNU.sparse.major": "1", "GNU.sparse.name": "evil.js" }],
    ["beside its own", "x", { path: "a.txt", "GNU.sparse.name": "evil.js" }],
    ["that is for all files", "g", { path: "evil.js" }],
  ];
  for (const [what, type, records] of entries) {
    it(`has a file by a pax name ${what}`, async () => {
      const content = tar([{ name: "pax", type, content: pax(records) }, { name: "a.txt", content: "x" }]);
      await assertRejected(/evil\.js in a\.tar has a name/, [{ name: "a.tar", content }], scripts);
    });
  }

  it("has a file by the name in its header if the other one is for all files", async () => {
    const content = tar([{ name: "pax", type: "g", content: pax({ path: "a.txt" }) }, {
      name: "evil.js",
      content: "x",
    }]);
    await assertRejected(/evil\.js in a\.tar/, [{ name: "a.tar", content }], scripts);
  });

  it("has files behind pax records that are none", async () => {
    for (const records of ["x", "9", " ", "1 ", "0 a=b\n", "99 path=b\n"]) {
      const content = tar([{ name: "pax", type: "x", content: records }, { name: "evil.js", content: "x" }]);
      await assertRejected(/evil\.js/, [{ name: "a.tar", content }], scripts);
    }
  });

  it("has files behind large pax records, or a limit is told", async () => {
    for (const [size, reason] of [[100_000, /evil\.js/], [1_100_000, /not searched: .*1048576/]] as const) {
      const comment = { name: "pax", type: "x", content: "0".repeat(size) };
      const content = tar([comment, { name: "evil.js", content: "x" }]);
      await assertRejected(reason, [{ name: "a.tar", content }], scripts);
    }
  });
});

describe("a winmail.dat", () => {
  // The second and third cut the name and its length in two.
  for (const before of [70_000, 65_516, 65_520, 1_000_000]) {
    it(`has a long name behind ${before} bytes of properties`, async () => {
      const content = tnef([{ title: "EVIL~1.TXT", longName: "evil.js", before, content: "x" }]);
      await assertRejected(/evil\.js in w\.dat/, [{ name: "w.dat", content }], scripts);
    });
  }

  it("with too many names for one attachment stops at the limit", async () => {
    const content = tnef([{ title: "1.txt", longName: "2.txt", content: "x" }]);
    const files = [{ name: "w.dat", content }];
    await assertRejected(/more than 1 files/, files, scripts, ["archive-files", "1"]);
    (await delivered(messageWith(...files), scripts, ["archive-files", "2"])).assertAccepted();
  });
});

describe("a 7z file", () => {
  it("that does not say where its directory is cannot be read", async () => {
    const content = sevenZipOfFolders(1);
    content.fill(0, 8, 32);
    const unreadable = ["unreadable-archive", "true"] as const;
    await assertRejected(/does not say where/, [{ name: "a.7z", content }], unreadable);
    const empty = [{ name: "a.7z", content: sevenZip([]) }];
    (await delivered(messageWith(...empty), unreadable)).assertAccepted();
  });

  it("with too many folders stops at the limit of files", async () => {
    const limit = ["archive-files", "10"] as const;
    await assertRejected(
      /more than 10 files/,
      [{ name: "a.7z", content: sevenZipOfFolders(11) }],
      scripts,
      limit,
    );
    const two = [1, 2].map((n) => ({ name: `${n}.7z`, content: sevenZipOfFolders(6) }));
    await assertRejected(/2\.7z was not searched: more than 10 files/, two, scripts, limit);
    (await delivered(messageWith(two[0]!), scripts, limit)).assertAccepted();
  });

  it("with too many packed folders, or files in them, stops there too", async () => {
    const limit = ["archive-files", "3"] as const;
    const copies = (count: number) => Array.from({ length: count }, () => [1, 1, 0]).flat();
    const folders = [1, 4, 7, 11, 4, 0, ...copies(4), 12, 0, 0, 0, 0, 0];
    const files = [1, 4, 7, 11, 2, 0, ...copies(2), 12, 0, 0, 0, 8, 13, 2, 2];
    for (const directory of [folders, files]) {
      const content = sevenZip([...directory, ...new Array<number>(20).fill(0)]);
      await assertRejected(/more than 3 files/, [{ name: "a.7z", content }], scripts, limit);
    }
  });
});

it("others get their turn between archives", async () => {
  let [turns, isDone] = [0, false];
  const others = (async () => {
    for (; !isDone; turns++) await setImmediate();
  })();
  const files = Array.from({ length: 50 }, (_, n) => ({ name: `${n}.7z`, content: sevenZipOfFolders(60) }));
  (await delivered(messageWith(...files), scripts)).assertAccepted();
  isDone = true;
  await others;
  assert.ok(turns >= 50, `${turns} turns`);
});

describe("uuencode", () => {
  const file = (name: string) => `begin 644 ${name}\r\n#0V%T\r\n\`\r\nend\r\n`;

  it("may put any number of files into a text", async () => {
    const content = Array.from({ length: 500 }, (_, n) => file(`${n}.txt`)).join("") + file("evil.js");
    await assertRejected(/evil\.js in text\/plain/, [{ type: "text/plain", content }], scripts);
  });

  it("names the file that is the content of a part", async () => {
    const header = ["Content-Transfer-Encoding: x-uuencode"];
    for (const type of ["application/octet-stream", "text/plain"]) {
      const part = { type, header, content: file("evil.js"), encoded: false };
      await assertRejected(new RegExp(`evil\\.js in ${type}`), [part], scripts);
    }
  });

  it("may have more than one space before the name", async () => {
    for (const line of ["begin  644 evil.js", "begin 644  evil.js", "begin-base64 644\tevil.js"]) {
      await assertRejected(/evil\.js/, [{ type: "text/plain", content: `${line}\r\n#0V%T\r\n` }], scripts);
    }
  });
});
