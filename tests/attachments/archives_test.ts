import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { ArchiveLimitError } from "../../filters/attachments/archive/errors.ts";
import { PROGRAM, sevenZip, tar, tnef, zip } from "./archives.ts";
import { changed, EXE, lines, list, names } from "./listing.ts";
import { OTHERS_ARCHIVES } from "./others_archives.ts";

describe("the files of", () => {
  for (const { name, madeBy, bytes, listed } of OTHERS_ARCHIVES) {
    it(`${name} (${madeBy})`, async () => {
      assert.deepEqual(await names(bytes), listed);
      assert.deepEqual(await names(bytes, { piece: 7 }), listed, "in small pieces");
    });
  }

  it("a 7z file in which one folder has a checksum, and another one is that of two files", async () => {
    const utf16 = Buffer.from("a.txt\0b.txt\0c.txt\0", "utf16le");
    const checksum = [0, 0, 0, 0];
    const directory = [
      ...[1, 4],
      // Two packed streams of five bytes; two folders that are not packed, the first one with its checksum.
      ...[6, 0, 2, 9, 5, 5, 0],
      ...[7, 11, 2, 0, 1, 1, 0, 1, 1, 0, 12, 5, 5, 10, 0, 0x80, ...checksum, 0],
      // One file in the first, two in the other one, whose checksums follow.
      ...[8, 13, 1, 2, 9, 2, 10, 1, ...checksum, ...checksum, 0, 0],
      ...[5, 3, 17, utf16.length + 1, 0, ...utf16, 0, 0],
    ];
    assert.deepEqual(await names(sevenZip(directory, 10)), ["a.txt", "b.txt", "c.txt"]);
  });

  it("a winmail.dat, by each of their names", async () => {
    const bytes = tnef([
      { title: "INVOIC~1.EXE", longName: "Invoice 日.exe", content: PROGRAM },
      { title: "a.zip", content: zip([{ name: "b.txt", content: "b" }]) },
    ]);
    assert.deepEqual(await lines(bytes), [
      `INVOIC~1.EXE: ${EXE}`,
      "Invoice 日.exe",
      "a.zip: application/zip",
      "a.zip > b.txt",
    ]);
  });
});

describe("a zip file", () => {
  const program = { name: "a.exe", content: PROGRAM };

  it("tells what its files are, packed or not", async () => {
    const bytes = zip([program, { ...program, name: "b.txt", method: 0 }, { name: "c.txt", content: "c" }]);
    assert.deepEqual(await lines(bytes), [`a.exe: ${EXE}`, `b.txt: ${EXE}`, "c.txt"]);
  });

  it("may have anything before it, and a comment behind it", async () => {
    const bytes = Buffer.concat([Buffer.alloc(10_000, "x"), zip([program], "a comment")]);
    assert.deepEqual(await names(bytes, { name: "a.zip" }), ["a.exe"]);
  });

  it("with other names in its directory than at its files has both", async () => {
    const bytes = zip([{ ...program, name: "a.txt", localName: "a.exe" }]);
    assert.deepEqual(await lines(bytes), [`a.txt: ${EXE}`, `a.exe: ${EXE}`]);
  });

  it("has files that its directory leaves out", async () => {
    const hidden = { name: "hidden.exe", content: PROGRAM, hidden: true };
    const shown = { name: "shown.txt", content: "x" };
    assert.deepEqual(await names(zip([hidden, shown])), ["hidden.exe", "shown.txt"]);
    assert.deepEqual(await names(zip([shown, hidden])), ["shown.txt", "hidden.exe"]);
  });

  it("behind another zip file has the files of both", async () => {
    const bytes = Buffer.concat([zip([program]), zip([{ name: "b.txt", content: "b" }])]);
    assert.deepEqual(await names(bytes), ["a.exe", "b.txt"]);
  });

  it("that is large is not kept in memory, and read in one go", async () => {
    const noise = Buffer.alloc(2_000_000);
    for (let at = 0, value = 1; at < noise.length; at++) {
      noise[at] = (value = value * 48271 % 0x7fffffff) & 255;
    }
    const inner = zip([program, { name: "noise", content: noise, method: 0 }]);
    const bytes = zip([
      { name: "first.txt", content: "1" },
      { name: "inner.zip", content: inner, method: 0 },
      { name: "last.exe", content: PROGRAM },
    ]);
    const { lines, opened } = await list(bytes, { piece: 65_535 });
    assert.deepEqual(lines, [
      "first.txt",
      "inner.zip: application/zip",
      `inner.zip > a.exe: ${EXE}`,
      "inner.zip > noise",
      `last.exe: ${EXE}`,
    ]);
    // For its size and end, for its files, and the same for the one inside.
    assert.equal(opened, 4);
  });

  it("without folders, which are no files", async () => {
    assert.deepEqual(
      await names(zip([{ name: "folder/", content: "" }, { name: "folder/a", content: "" }])),
      [
        "folder/a",
      ],
    );
  });

  const good = zip([{ name: "a.txt", content: "a".repeat(100) }, { name: "b.txt", content: "b" }]);
  const damaged: readonly [what: string, bytes: Uint8Array, reason: string, ...listed: string[]][] = [
    ["cut off", good.subarray(0, -10), "has no directory"],
    ["empty", zip([]).subarray(0, 4), "has no directory"],
    [
      "with a directory elsewhere",
      changed(good, good.length - 22 - 2 * 51, 0),
      "has no directory where its end says",
    ],
    [
      "whose file is elsewhere",
      changed(good, good.length - 22 - 51 + 42, 3),
      "has no file where its directory says",
      "b.txt",
      "a.txt",
    ],
  ];
  for (const [what, bytes, reason, ...listed] of damaged) {
    it(`${what} cannot be read, but for ${listed.length} files`, async () => {
      const found = await lines(bytes, { name: "a.zip" });
      assert.equal(found.at(-1), `! ${reason}`);
      for (const name of listed) assert.ok(found.includes(name), `${name} in ${found}`);
    });
  }

  it("with an encrypted archive in it does not open that", async () => {
    const inner = { name: "inner.zip", content: zip([program]), encrypted: true };
    assert.deepEqual(await lines(zip([inner])), ["! inner.zip is encrypted", "inner.zip"]);
  });

  it("with an archive packed in another way says so", async () => {
    const inner = { name: "inner.7z", content: "x", method: 14 };
    assert.deepEqual(await lines(zip([inner])), [
      "inner.7z",
      "! inner.7z is packed in a way that is not read",
    ]);
  });
});

describe("a packed tar file", () => {
  const bytes = gzipSync(tar([
    { name: "folder", content: "", type: "5" },
    { name: "a.exe", content: PROGRAM },
    { name: "b.zip", content: zip([{ name: "c.txt", content: "c" }]) },
    { name: "large.txt", content: "x".repeat(600_000) },
  ]));

  it("is one archive, and those in it others", async () => {
    const listed = [
      "a.tar: application/x-tar",
      `a.tar > a.exe: ${EXE}`,
      "a.tar > b.zip: application/zip",
      "a.tar > b.zip > c.txt",
      "a.tar > large.txt",
    ];
    assert.deepEqual(await lines(bytes, { name: "a.tgz", limits: { depth: 2 } }), listed);
    assert.deepEqual(await lines(bytes, { name: "a.tgz", limits: { depth: 1 } }), [
      ...listed.slice(0, 3),
      "! a.tar > b.zip is inside more than 0 others",
      "a.tar > large.txt",
    ]);
  });

  it("may hold another name than its own", async () => {
    // The flag, and behind the header the name.
    const named = Buffer.concat([bytes.subarray(0, 10), Buffer.from("own.exe\0"), bytes.subarray(10)]);
    named[3] = 8;
    assert.deepEqual((await names(named, { name: "a.txt.gz" })).slice(0, 3), [
      "own.exe",
      "own.exe > a.exe",
      "own.exe > b.zip",
    ]);
    assert.ok((await names(named, { name: "a.txt.gz" })).includes("a.txt"));
  });

  it("that is damaged or cut off says so, after what could be read", async () => {
    const cut = gzipSync(tar([{ name: "a.txt", content: "a" }]).subarray(0, 700));
    assert.deepEqual(await names(cut), ["content", "content > a.txt", "! content is cut off"]);
    assert.deepEqual(await names(changed(bytes, 30, 0xff)), ["! is damaged"]);
    assert.deepEqual(await names(bytes.subarray(0, 9), { name: "a.gz" }), ["! is damaged"]);
  });

  it("is read as programs do that warn of a wrong checksum, or of what follows it", async () => {
    const small = gzipSync(tar([{ name: "a.exe", content: PROGRAM }]));
    const listed = ["content", "content > a.exe"];
    assert.deepEqual(await names(changed(small, small.length - 8, small.at(-8)! ^ 1)), listed);
    assert.deepEqual(await names(Buffer.concat([small, Buffer.from("garbage")])), listed);
  });

  it("is read to its end if it has several members", async () => {
    const whole = tar([{ name: "a.txt", content: "a" }, { name: "b.exe", content: PROGRAM }]);
    const members = [gzipSync(""), gzipSync(whole.subarray(0, 700)), gzipSync(whole.subarray(700))];
    assert.deepEqual(await names(Buffer.concat(members)), ["content", "content > a.txt", "content > b.exe"]);
  });
});

describe("limits", () => {
  it("of files stop everything", async () => {
    const files = Array.from({ length: 11 }, (_, n) => ({ name: `${n}.txt`, content: "x" }));
    const bytes = zip([{ name: "a.zip", content: zip(files.slice(0, 5)) }, ...files.slice(0, 4)]);
    assert.equal((await lines(bytes, { limits: { files: 10 } })).length, 10);
    await assert.rejects(lines(bytes, { limits: { files: 9 } }), ArchiveLimitError);
  });

  it("of bytes stop a bomb early", async () => {
    const bomb = gzipSync(gzipSync(tar([{ name: "zeros", content: Buffer.alloc(50_000_000) }])));
    assert.ok(bomb.length < 5_000);
    await assert.rejects(
      lines(bomb, { limits: { bytes: 1_000_000 } }),
      (error) => error instanceof ArchiveLimitError && /more than 1000000 bytes/.test(error.message),
    );
  });

  it("of a directory stop it before it is read", async () => {
    // The end says that the directory has 5 MB, and there are so many bytes.
    const end = zip([]);
    end.writeUInt32LE(5_000_000, 12);
    const bytes = Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(5_000_000 - 4), end]);
    bytes.write("PK\x01\x02", bytes.length - 22 - 5_000_000, "latin1");
    await assert.rejects(lines(bytes, { name: "a.zip" }), /directory of more than 4194304 bytes/);
  });

  it("of depth leave out the archive, and its neighbours stay", async () => {
    let bytes = zip([{ name: "a.exe", content: PROGRAM }]);
    for (const name of ["1.zip", "2.zip"]) {
      bytes = zip([{ name, content: bytes }, { name: `beside-${name}.txt`, content: "" }]);
    }
    assert.deepEqual(await names(bytes, { limits: { depth: 2 } }), [
      "2.zip",
      "2.zip > 1.zip",
      "! 2.zip > 1.zip is inside more than 1 others",
      "2.zip > beside-1.zip.txt",
      "beside-2.zip.txt",
    ]);
  });
});

describe("a file that is no archive to us", () => {
  const cases: readonly [what: string, bytes: Uint8Array][] = [
    ["bzip2", Buffer.from("BZh91AY&SY")],
    ["xz", Buffer.from("\xfd7zXZ\0", "latin1")],
    ["a CD image", Buffer.concat([Buffer.alloc(0x8001), Buffer.from("CD001")])],
  ];
  for (const [what, bytes] of cases) {
    it(`${what} is one of a kind that is not read`, async () => {
      assert.deepEqual(await lines(bytes), ["! is of an unsupported kind"]);
    });
  }
  it("is one by its name, since some program may open it", async () => {
    assert.deepEqual(await lines(Buffer.from("text"), { name: "a.rar" }), [
      "! is of an unsupported kind",
    ]);
    assert.deepEqual(await lines(Buffer.from("text"), { name: "a.ZIP" }), ["! has no directory"]);
  });
});
