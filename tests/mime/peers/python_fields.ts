/** Asks Python's email package about fields. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { HeaderAddress } from "../../../lib/mime/addresses.ts";

const PYTHON = "/usr/bin/python3";

/** What Python says of a field. */
export interface PythonField {
  readonly text: string;
  /** Undefined for a field that has no addresses by its name. */
  readonly addresses: readonly HeaderAddress[] | undefined;
}

/** Why Python cannot be asked; undefined if it can. */
export function pythonFieldsProblem(): string | undefined {
  return spawnSync(PYTHON, ["--version"]).status === 0 ? undefined : "needs Python (Debian: python3)";
}

/** Fields as Python reads them. */
export function readByPython(
  fields: readonly { readonly name: string; readonly value: string | Uint8Array }[],
): PythonField[] {
  const answers = ask<{ text: string; addresses: (HeaderAddress & { group: string | null })[] | null }>(
    fields.map(({ name, value }) => ({ do: "read", name, value: Buffer.from(value).toString("base64") })),
  );
  return answers.map(({ text, addresses }) => ({
    text,
    addresses: addresses?.map(({ name, address, group }) => ({
      // It adds a space between encoded words and a comment.
      name: name.replace(/ {2,}/g, " "),
      address,
      ...(group ? { group } : {}),
    })),
  }));
}

/** Texts as Python encodes them. */
export function writtenByPython(
  texts: readonly { readonly text: string; readonly charset: string }[],
): string[] {
  return ask<{ value: string }>(texts.map((each) => ({ do: "write", ...each }))).map(({ value }) => value);
}

function ask<T>(requests: readonly object[]): T[] {
  const program = fileURLToPath(new URL("./fields.py", import.meta.url));
  const { stdout, stderr, status } = spawnSync(PYTHON, [program], {
    input: requests.map((request) => JSON.stringify(request) + "\n").join(""),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr);
  const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(answers.length, requests.length);
  for (const answer of answers) assert.equal(answer.error, undefined);
  return answers;
}
