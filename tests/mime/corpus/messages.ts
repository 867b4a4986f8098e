/** Messages that other projects test their MIME parsers with. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import { vectorsOf } from "../../support/vectors.ts";

/** A message of a corpus. */
export interface CorpusMessage {
  /** Whose it is, and its name there. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The file of vectors: a message in base64 each. */
interface MimeVectors {
  readonly messages: readonly { readonly src: string; readonly name: string; readonly msg: string }[];
}

/** The messages of MIME::tools, postal-mime and mailparser, which are not part of this project. */
export const others = vectorsOf<MimeVectors>("mime.json");

/** Those messages; none where there are no vectors. */
export function otherMessages(): CorpusMessage[] {
  return (others.vectors?.messages ?? []).map(({ src, name, msg }) => ({
    name: `${src}/${name}`,
    bytes: new Uint8Array(Buffer.from(msg, "base64")),
  }));
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
