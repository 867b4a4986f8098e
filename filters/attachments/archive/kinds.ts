/**
 * Determines what a file is by its first bytes.
 *
 * @module
 */

import { beginsWith, byteView, nameText } from "./binary.ts";
import { isTarHeader } from "./tar.ts";

/** A format of archives whose files are listed. */
export type ArchiveFormat = "zip" | "gzip" | "tar" | "rar" | "7z" | "cab" | "tnef";

/** What a file is. */
export interface FileKind {
  /** Its media type, in lower case. */
  readonly type: string;
  /** How its files are listed, if it is an archive; `unknown` for one of a format that is not read. */
  readonly archive?: ArchiveFormat | "unknown";
}

/** How much of a file is needed to recognize every kind: a CD image has its mark at 32 KiB. */
export const HEAD_OF_ALL_KINDS = 33 * 1024;

type Mark = readonly [at: number, bytes: readonly number[], kind: FileKind];

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

const MARKS: readonly Mark[] = [
  [0, [0x1f, 0x8b, 8], { type: "application/gzip", archive: "gzip" }],
  [0, ascii("Rar!\x1a\x07\0"), { type: "application/vnd.rar", archive: "rar" }],
  [0, ascii("Rar!\x1a\x07\x01\0"), { type: "application/vnd.rar", archive: "rar" }],
  [0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], { type: "application/x-7z-compressed", archive: "7z" }],
  [0, ascii("MSCF\0\0\0\0"), { type: "application/vnd.ms-cab-compressed", archive: "cab" }],
  [0, [0x78, 0x9f, 0x3e, 0x22], { type: "application/vnd.ms-tnef", archive: "tnef" }],
  [4, ascii("1AY&SY"), { type: "application/x-bzip2", archive: "unknown" }],
  [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], { type: "application/x-xz", archive: "unknown" }],
  [0, [0x28, 0xb5, 0x2f, 0xfd], { type: "application/zstd", archive: "unknown" }],
  [7, ascii("**ACE**"), { type: "application/x-ace-compressed", archive: "unknown" }],
  [0x8001, ascii("CD001"), { type: "application/vnd.efi.iso", archive: "unknown" }],
  [0, ascii("conectix"), { type: "application/x-vhd" }],
  [0, ascii("vhdxfile"), { type: "application/x-vhdx" }],
  [0, [0x7f, ...ascii("ELF")], { type: "application/x-elf" }],
  [0, [0xfe, 0xed, 0xfa, 0xce], { type: "application/x-mach-binary" }],
  [0, [0xfe, 0xed, 0xfa, 0xcf], { type: "application/x-mach-binary" }],
  [0, [0xce, 0xfa, 0xed, 0xfe], { type: "application/x-mach-binary" }],
  [0, [0xcf, 0xfa, 0xed, 0xfe], { type: "application/x-mach-binary" }],
  [0, [0x4c, 0, 0, 0, 1, 0x14, 2, 0], { type: "application/x-ms-shortcut" }],
  [0, ascii("ITSF"), { type: "application/vnd.ms-htmlhelp" }],
  [0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], { type: "application/x-ole-storage" }],
  [0, [0xed, 0xab, 0xee, 0xdb], { type: "application/x-rpm" }],
  [0, ascii("!<arch>\ndebian"), { type: "application/vnd.debian.binary-package" }],
  [0, ascii("{\\rtf"), { type: "application/rtf" }],
  [0, ascii("#!"), { type: "text/x-shellscript" }],
  [0, [0x89, ...ascii("PNG\r\n\x1a\n")], { type: "image/png" }],
  [0, [0xff, 0xd8, 0xff], { type: "image/jpeg" }],
  [0, ascii("GIF87a"), { type: "image/gif" }],
  [0, ascii("GIF89a"), { type: "image/gif" }],
];

/** Readers accept a PDF that begins this late. */
const PDF_WITHIN = 1024;

/**
 * Determines what a file is.
 *
 * @param head its first bytes; at most {@linkcode HEAD_OF_ALL_KINDS} matter
 * @returns undefined for text and unknown types
 */
export function fileKind(head: Uint8Array): FileKind | undefined {
  const zip = zipKind(head);
  if (zip) return zip;
  if (isWindowsProgram(head)) return { type: "application/vnd.microsoft.portable-executable" };
  if (beginsWith(head, [0xca, 0xfe, 0xba, 0xbe]) && head.length >= 8) {
    // A Java class has its version there, at least 45; a program for Macs, how many processors it is for.
    return { type: byteView(head).getUint32(4) < 45 ? "application/x-mach-binary" : "application/java-vm" };
  }
  for (const [at, bytes, kind] of MARKS) if (beginsWith(head, bytes, at)) return kind;
  if (isTarHeader(head.subarray(0, 512))) return { type: "application/x-tar", archive: "tar" };
  if (isLha(head)) return { type: "application/x-lzh-compressed", archive: "unknown" };
  if (isArj(head)) return { type: "application/x-arj", archive: "unknown" };
  const text = new TextDecoder("latin1").decode(head.subarray(0, PDF_WITHIN));
  if (text.includes("%PDF-")) return { type: "application/pdf" };
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b/i.test(text)) return { type: "text/html" };
  return undefined;
}

/** Begins with `MZ`, as text might too; a program's header has NULs in its first 64 bytes. */
function isWindowsProgram(head: Uint8Array): boolean {
  const isMarked = beginsWith(head, ascii("MZ")) || beginsWith(head, ascii("ZM"));
  return isMarked && head.subarray(0, 64).includes(0);
}

/** `-lh5-` at the third byte, with other digits and letters. */
function isLha(head: Uint8Array): boolean {
  return /^-l[hz][0-9ds]-$/.test(nameText(head.subarray(2, 7)));
}

/** Two bytes, and the size of a header of at most 2600 bytes. */
function isArj(head: Uint8Array): boolean {
  if (!beginsWith(head, [0x60, 0xea]) || head.length < 4) return false;
  const size = byteView(head).getUint16(2, true);
  return size >= 30 && size <= 2600;
}

/** Classifies a zip file: document and program formats are recognized by their first file, as they specify. */
function zipKind(head: Uint8Array): FileKind | undefined {
  const isSpanned = beginsWith(head, ascii("PK\x07\x08")) || beginsWith(head, ascii("PK00"));
  const at = isSpanned ? 4 : 0;
  const isEmpty = beginsWith(head, ascii("PK\x05\x06"));
  if (!beginsWith(head, ascii("PK\x03\x04"), at) && !isEmpty) return undefined;
  return { type: isEmpty ? "application/zip" : zipType(head.subarray(at)), archive: "zip" };
}

function zipType(head: Uint8Array): string {
  const PLAIN = "application/zip";
  if (head.length < 30) return PLAIN;
  const view = byteView(head);
  const nameEnd = 30 + view.getUint16(26, true);
  const name = nameText(head.subarray(30, nameEnd));
  if (name === "mimetype") {
    const at = nameEnd + view.getUint16(28, true);
    const content = nameText(head.subarray(at, at + Math.min(view.getUint32(18, true), 100)));
    const [type] = /^application\/[a-z0-9.+-]+$/i.exec(content) ?? [];
    return type?.toLowerCase() ?? PLAIN;
  }
  if (/^(?:\[Content_Types\]\.xml$|_rels\/|docProps\/|word\/|xl\/|ppt\/)/.test(name)) {
    return "application/vnd.openxmlformats-officedocument";
  }
  return name.startsWith("META-INF/") ? "application/java-archive" : PLAIN;
}
