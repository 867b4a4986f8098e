// What tests of lists share.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ListDefinition, Lists } from "../../../lib/options/lists/lists.ts";
import type { ManualClock } from "../../support/manual_clock.ts";

/** A folder with files of lists. */
export class ListFolder {
  readonly path = mkdtempSync(join(tmpdir(), "lists-"));

  /** Writes a file at once, as a careful program does, and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Lists that follow their files by a clock of the test. */
export function followed(definitions: readonly ListDefinition[], clock: ManualClock) {
  const lines: string[] = [];
  const lists = new Lists(definitions, { clock, onLog: (level, text) => lines.push(`${level} ${text}`) });
  return { lists, lines };
}

/** One list in a file. */
export function listIn(folder: ListFolder, text: string, type = ""): Lists {
  return new Lists([{ name: "it", file: `${type}${folder.write("it.txt", text)}` }]);
}

/**
 * Lets time pass until something is so. A look reads files, which takes as long as it takes; so the clock of the test only
 * says when a look begins.
 */
export async function passUntil(clock: ManualClock, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !isSo(); i++) await lookOnce(clock);
}

/** Lets time pass for one look, and waits until it is over and the next is waited for. */
export async function lookOnce(clock: ManualClock): Promise<void> {
  await clock.pass(2000);
  while (!clock.waited(2000)) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    // Parts of a long file are read one after the other.
    clock.advance(0);
  }
}
