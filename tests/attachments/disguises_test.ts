// Zip files that are made to look harmless to filters.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { ArchiveLimitError } from "../../filters/attachments/archive/errors.ts";
import { inflateHead } from "../../filters/attachments/archive/inflate_head.ts";
import { PROGRAM, tar, tnef, zip } from "./archives.ts";
import { changed, EXE, lines, names } from "./listing.ts";

const END_SIZE = 22;
const ENTRY_SIZE = 46;
const HEADER_SIZE = 30;
const TEXT = { name: "a.txt", content: "text", method: 0 };
const EVIL = { name: "evil.exe", content: PROGRAM };

describe("a zip file", () => {
  it("with names in fields for Unicode has these too, from its directory and its files", async () => {
    const unicode = { unicodeName: "b.js", localUnicodeName: "c.js" };
    assert.deepEqual(await names(zip([{ ...TEXT, ...unicode }])), ["a.txt", "b.js", "c.js"]);
    assert.deepEqual(await names(zip([TEXT, { ...TEXT, ...unicode, hidden: true }])), [
      "a.txt",
      "a.txt",
      "c.js",
    ]);
  });

  it("without a directory where programs look first has what its files say", async () => {
    const bytes = zip([TEXT, EVIL]);
    const directoryAt = bytes.readUInt32LE(bytes.length - END_SIZE + 16);
    const listed = ["a.txt", "evil.exe", "! has no directory"];
    assert.deepEqual(await names(Buffer.concat([bytes, Buffer.alloc(65_536)])), listed);
    assert.deepEqual(await names(bytes.subarray(0, directoryAt)), listed);
  });

  /** The directory says that the first of two files has the content of both. */
  const covering = (first: typeof TEXT | { name: string; content: string }) => {
    const bytes = zip([first, { ...EVIL, hidden: true }]);
    const sizeAt = bytes.length - END_SIZE - ENTRY_SIZE - first.name.length + 20;
    const size = bytes.readUInt32LE(bytes.length - END_SIZE + 16) - HEADER_SIZE - first.name.length;
    bytes.writeUInt32LE(size, sizeAt);
    return bytes;
  };

  it("whose directory makes a file cover another one has both", async () => {
    assert.deepEqual(await names(covering(TEXT)), ["a.txt", "evil.exe"]);
  });

  it("whose directory does so where only the end of deflated content tells has both", async () => {
    const bytes = changed(covering({ name: "a.txt", content: "text" }), 6, 8);
    bytes.writeUInt32LE(0, 18);
    assert.deepEqual(await names(bytes), ["a.txt", "evil.exe"]);
  });

  for (
    const [what, before] of [
      ["a tar file", tar([TEXT])],
      ["a gzip file", gzipSync("text")],
      ["a winmail.dat", tnef([{ title: "a.txt", content: "text" }])],
    ] as const
  ) {
    it(`behind ${what} is listed, as is that, if it is named so`, async () => {
      const bytes = Buffer.concat([before, zip([EVIL])]);
      for (const name of ["invoice.zip", "invoice.ZIPX", "invoice.jar"]) {
        const found = await names(bytes, { name });
        assert.equal(found.length, new Set(found).size);
        assert.ok(found.includes("evil.exe"), `${found}`);
        assert.ok(found.length >= 2, `${found}`);
      }
      assert.ok(!(await names(bytes, { name: "invoice.dat" })).includes("evil.exe"));
    });
  }

  it("in which such a file is lists that too", async () => {
    const content = Buffer.concat([tar([TEXT]), zip([EVIL])]);
    assert.deepEqual(await names(zip([{ name: "b.zip", content }])), [
      "b.zip",
      "b.zip > a.txt",
      "b.zip > evil.exe",
    ]);
  });

  it("by its name only is what it is by its content, without a problem", async () => {
    assert.deepEqual(await names(tar([TEXT]), { name: "a.zip" }), ["a.txt"]);
  });

  it("with an unusual name may have anything before it", async () => {
    assert.deepEqual(await names(Buffer.concat([Buffer.from("x"), zip([EVIL])]), { name: "a.zipx" }), [
      "evil.exe",
    ]);
  });
});

/** Blocks without content. */
const emptyBlocks = (count: number) => Buffer.alloc(5 * count, Buffer.from([0, 0, 0, 0xff, 0xff]));

describe("the content of a file in a zip file", () => {
  const deflated = deflateRawSync(PROGRAM);

  it("is seen behind blocks without content", async () => {
    for (const count of [1, 110, 5000]) {
      const packed = Buffer.concat([emptyBlocks(count), deflated]);
      assert.deepEqual(await lines(zip([{ ...EVIL, name: "a.dat", deflated: packed }])), [`a.dat: ${EXE}`]);
    }
  });

  it("is seen before damage", async () => {
    const stored = deflateRawSync(PROGRAM, { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
    const packed = Buffer.concat([stored, Buffer.from([0xff, 0xff])]);
    assert.deepEqual(await lines(zip([{ ...EVIL, name: "a.dat", deflated: packed }])), [`a.dat: ${EXE}`]);
  });

  it("behind too many blocks without content is a limit", async () => {
    const packed = Buffer.concat([emptyBlocks(14_000), deflated]);
    await assert.rejects(
      lines(zip([{ ...EVIL, deflated: packed }])),
      (error) => error instanceof ArchiveLimitError && /more than 65536 packed bytes/.test(error.value),
    );
  });

  const bomb = { name: "bomb", content: Buffer.alloc(3_000_000) };
  const limits = { bytes: 1_000_000 };

  it("counts for the limit as far as it is unpacked to see what it is", async () => {
    const files = (count: number) => zip(Array.from({ length: count }, () => bomb));
    assert.equal((await lines(files(20), { limits })).length, 20);
    await assert.rejects(lines(files(40), { limits }), ArchiveLimitError);
  });

  it("counts each block, also without content", async () => {
    const packed = Buffer.concat([emptyBlocks(90), deflated]);
    const files = Array.from({ length: 20 }, () => ({ ...EVIL, deflated: packed }));
    await assert.rejects(lines(zip(files), { limits }), ArchiveLimitError);
  });

  it("is unpacked once for all entries of a directory that share it", async () => {
    const one = zip([bomb]);
    const at = one.readUInt32LE(one.length - END_SIZE + 16);
    const entry = one.subarray(at, -END_SIZE);
    const end = Buffer.from(one.subarray(-END_SIZE));
    end.writeUInt32LE(900 * entry.length, 12);
    const bytes = Buffer.concat([one.subarray(0, at), ...Array.from({ length: 900 }, () => entry), end]);
    const found = await lines(bytes, { limits });
    assert.equal(found.length, 901);
    assert.equal(found.at(-1), "! has files that overlap");
  });
});

describe("the beginning of deflated bytes", () => {
  const text = Array.from({ length: 9000 }, (_, n) => `${n * n % 7919} line ${n}\n`).join("");
  const contents: readonly [string, Uint8Array][] = [
    ["text", Buffer.from(text)],
    ["zeros", Buffer.alloc(100_000)],
    ["every byte", Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 48271 >> 4) & 255))],
    ["nothing", Buffer.alloc(0)],
  ];
  const { Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;
  for (const [what, content] of contents) {
    it(`is what zlib packed, cut off anywhere: ${what}`, () => {
      for (
        const options of [{}, { level: 0 }, { strategy: Z_FIXED }, { strategy: Z_HUFFMAN_ONLY }, {
          strategy: Z_RLE,
        }]
      ) {
        const packed = deflateRawSync(content, options);
        const whole = inflateHead(packed, content.length + 1);
        assert.ok(Buffer.from(whole.bytes).equals(content));
        assert.equal(whole.isCutOff, false);
        for (const length of [0, 1, 2, 10, 100, 512, packed.length - 1]) {
          if (length >= packed.length) continue;
          const { bytes, isCutOff } = inflateHead(packed.subarray(0, length), content.length + 1);
          assert.ok(content.subarray(0, bytes.length).every((byte, at) => byte === bytes[at]));
          assert.ok(isCutOff, `${length} of ${packed.length}`);
        }
        assert.equal(inflateHead(packed, 1000).bytes.length, Math.min(1000, content.length));
      }
    });
  }

  it("ends at damage", () => {
    for (const damaged of [[7], [1, 1, 0, 1, 0], [5, 0xff, 0xff, 0xff], [3, 2, 0xff, 0xff]]) {
      assert.equal(inflateHead(Uint8Array.from([...damaged, ...Buffer.alloc(400)]), 100).bytes.length, 0);
    }
  });
});
