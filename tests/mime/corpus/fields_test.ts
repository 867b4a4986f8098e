// Subjects and addresses in other projects' test messages, read by Python's email too: every difference has a reason.
import assert from "node:assert/strict";
import type { HeaderAddress } from "../../../lib/mime/addresses.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import type { PartField } from "../../../lib/mime/structure/part_headers.ts";
import { skipFor } from "../../support/instance.ts";
import { at } from "../../support/present.ts";
import { type PythonField, readByPython } from "../peers/python_fields.ts";
import { otherMessages, others } from "./messages.ts";
import { pythonMessages, pythonProblem } from "./python_messages.ts";

const NAMES = /^(?:subject|comments|x-mailer|organization|from|to|cc|bcc|reply-to|sender)$/i;
/** How many fields there are at least: fewer would mean that a corpus was not found. */
const LEAST = 400;

/** Why Python reads a field differently: what it says, as we say it, and how many fields it explains. */
interface Reason {
  readonly why: string;
  readonly count: number;
  asWeRead(field: PartField, python: PythonField): unknown;
}

const REASONS: readonly Reason[] = [
  {
    why: "The comment behind an address was where the name stood, and mail programs show it; Python drops it",
    count: 19,
    asWeRead: ({ value }, { addresses }) =>
      addresses?.map((each) => ({ ...each, name: /\((.*)\)$/.exec(value)?.[1] ?? "" })),
  },
  {
    why: "A word without an @ is no address by RFC 5322, and a filter must not look for a domain in it",
    count: 17,
    asWeRead: (_, { addresses }) =>
      addresses?.map(({ name, address }): HeaderAddress =>
        address.includes("@") ? { name, address } : { name: address, address: "" }
      ),
  },
  {
    why: "The empty address is empty, as in the envelope",
    count: 1,
    asWeRead: (_, { addresses }) =>
      addresses?.map(({ name, address }) => ({ name, address: address === "<>" ? "" : address })),
  },
  {
    why: "A text is one line, without the tabs of folds and white space at its end",
    count: 2,
    asWeRead: (_, { text }) => text.replaceAll("\t", " ").trim(),
  },
];

others.vectorTest(
  "Python reads subjects and addresses as we do, or differs for a reason that is named",
  { skip: skipFor(pythonProblem()) || others.skip, timeout: 60_000 },
  async () => {
    const messages = await Promise.all(
      [...pythonMessages(), ...otherMessages()].map(({ bytes }) => parseMime(bytes)),
    );
    const fields = messages.flatMap(({ parts }) => parts.flatMap(({ headers }) => [...headers]))
      .filter(({ name }) => NAMES.test(name));
    assert.ok(fields.length >= LEAST, `${fields.length} fields`);
    const answers = readByPython(fields.map(({ name, valueBytes: value }) => ({ name, value })));
    const counts = REASONS.map(() => 0);
    for (const [i, field] of fields.entries()) {
      const python = at(answers, i);
      const ours = python.addresses === undefined ? field.text : field.addresses;
      if (equal(ours, python.addresses ?? python.text)) continue;
      const reason = REASONS.findIndex(({ asWeRead }) => equal(asWeRead(field, python), ours));
      assert.ok(reason >= 0, `${field.name}: ${field.value}: ${JSON.stringify([ours, python])}`);
      counts[reason]!++;
    }
    assert.deepEqual(counts, REASONS.map(({ count }) => count));
  },
);

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
