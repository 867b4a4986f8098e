/**
 * Verifies an executable without running it, as those for other machines cannot run here.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isSigned } from "./mach_o_signature.ts";
import type { Target } from "./targets.ts";

/**
 * Returns what is wrong with an executable, one line per problem.
 *
 * @param bytes the executable
 * @param target the target it should be for
 * @param version the version it should report
 */
export function executableProblems(bytes: Uint8Array, target: Target, version: string): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const problems: string[] = [];
  const found = machineOf(view);
  if (found?.format !== target.format) problems.push(`it is not a ${target.format} file`);
  else if (found.machine !== target.machine) {
    problems.push(`it is for machine 0x${found.machine.toString(16)}, not 0x${target.machine.toString(16)}`);
  }
  if (target.loader && !buffer.subarray(0, 4096).includes(`${target.loader}\0`)) {
    problems.push(`its loader is not ${target.loader}`);
  }
  if (found?.format === "mach-o" && !isSigned(bytes)) problems.push("it has no signature that fits it");
  if (!buffer.includes("mail filters for Postfix and Sendmail")) problems.push("the program is not in it");
  if (!buffer.includes(`"${version}"`)) problems.push(`version ${version} is not in it`);
  return problems;
}

function machineOf(view: DataView): Pick<Target, "format" | "machine"> | undefined {
  if (view.getUint32(0) === 0x7f45_4c46) return { format: "elf", machine: view.getUint16(18, true) };
  if (view.getUint32(0, true) === 0xfeed_facf) return { format: "mach-o", machine: view.getUint32(4, true) };
  if (view.getUint16(0) === 0x4d5a) {
    const at = view.getUint32(60, true);
    if (view.getUint32(at) === 0x5045_0000) return { format: "pe", machine: view.getUint16(at + 4, true) };
  }
}
