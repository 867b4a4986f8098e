/**
 * A folder for what reads files only: one for the process, gone with it.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

let folder: string | undefined;

/** Writes a case into a file of a name, over the one before. */
export function written(name: string, content: Uint8Array | string): string {
  if (folder === undefined) {
    const own = folder = mkdtempSync(join(tmpdir(), "milterkit-fuzz-"));
    process.on("exit", () => rmSync(own, { recursive: true, force: true }));
  }
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
