/** Messages that Python tests its email package with. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A message of a corpus. */
export interface CorpusMessage {
  /** Whose it is, and its name there. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Why there are no messages of Python; undefined if there are. */
export function pythonProblem(): string | undefined {
  return folder() ? undefined : "needs the test messages of Python: apt-get install libpython3.11-testsuite";
}

/** The messages that Python tests its email package with, as Debian packs them. */
export function pythonMessages(): CorpusMessage[] {
  const path = folder();
  if (path === undefined) return [];
  return readdirSync(path).filter((name) => /^msg_.*\.txt$/.test(name)).sort()
    .map((name) => ({ name: `python/${name}`, bytes: new Uint8Array(readFileSync(join(path, name))) }));
}

function folder(): string | undefined {
  const library = "/usr/lib";
  return readdirSync(library).filter((name) => /^python3\.\d+$/.test(name))
    .map((name) => join(library, name, "test/test_email/data"))
    .find((path) => {
      try {
        return readdirSync(path).length > 0;
      } catch {
        return false;
      }
    });
}
