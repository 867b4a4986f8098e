// Signatures of executables for macOS, on a small one with nothing but the commands that matter.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { isSigned, signAdHoc } from "../../scripts/release/mach_o_signature.ts";
import { at } from "../support/present.ts";

const CODE = 10_000;
const LINK_EDIT = 8192;

/** An executable whose code ends at {@link CODE}, with a signature of nonsense. */
function program(): Buffer {
  const file = Buffer.alloc(CODE + 100, 7);
  file.fill(0, 0, 256);
  [0xfeed_facf, 0x0100_0007, 3, 2, 3, 160, 0, 0].forEach((value, i) => file.writeUInt32LE(value, i * 4));
  segment(file, 32, "__TEXT", 0, LINK_EDIT);
  segment(file, 104, "__LINKEDIT", LINK_EDIT, file.length - LINK_EDIT);
  [0x1d, 16, CODE, 100].forEach((value, i) => file.writeUInt32LE(value, 176 + i * 4));
  return file;
}

function segment(file: Buffer, at: number, name: string, offset: number, size: number): void {
  file.writeUInt32LE(0x19, at);
  file.writeUInt32LE(72, at + 4);
  file.write(name, at + 8, "latin1");
  file.writeBigUInt64LE(BigInt(size), at + 32);
  file.writeBigUInt64LE(BigInt(offset), at + 40);
  file.writeBigUInt64LE(BigInt(size), at + 48);
}

test("a signature fits until a byte of the program is another one", () => {
  assert.equal(isSigned(program()), false);
  const signed = Buffer.from(signAdHoc(program(), "milterkit"));
  assert.equal(isSigned(signed), true);
  assert.equal(isSigned(Buffer.from(signAdHoc(signed, "again"))), true);
  for (const place of [20, 5000, CODE - 1]) {
    const changed = Buffer.from(signed);
    changed.writeUInt8(at(changed, place) ^ 1, place);
    assert.equal(isSigned(changed), false, `byte ${place}`);
  }
});

test("the sizes in the load commands are those of the new signature", () => {
  const signed = Buffer.from(signAdHoc(program(), "milterkit"));
  const size = signed.length - CODE;
  // Three pages, a hash each; the lengths of the two headers, and the name with its end.
  assert.equal(size, 20 + 88 + "milterkit".length + 1 + 3 * 32);
  assert.equal(signed.readUInt32LE(176 + 12), size);
  assert.equal(Number(signed.readBigUInt64LE(104 + 48)), signed.length - LINK_EDIT);
  assert.equal(Number(signed.readBigUInt64LE(104 + 32)), 0x4000);
  assert.ok(signed.includes("milterkit\0"));
});

test("what is no executable for macOS cannot be signed", () => {
  assert.throws(
    () => signAdHoc(Buffer.alloc(100), "milterkit"),
    /^Error: Cannot sign: it is not a macOS executable/,
  );
  assert.equal(isSigned(Buffer.alloc(100)), false);
});
