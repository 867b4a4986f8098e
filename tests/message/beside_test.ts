// Fields beside others: the packets that the MTA gets lead to the header that the filters see.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { headerActions } from "../../lib/message/header_diff.ts";
import { type HeaderChange, HeaderList } from "../../lib/message/header_list.ts";
import { applyHeaderActions, type Entry, HEADER_MODELS } from "../../lib/message/header_model.ts";
import { Random } from "../support/random.ts";

const NAMES = ["A", "B", "Subject", "Received", "Date", "To"];

const shown = (entries: Iterable<Entry>) =>
  [...entries].flatMap(({ field }) => field ? [`${field.name}:${field.value}`] : []);
const textOf = ({ name, value }: HeaderField) => `${name}:${value}`;
const texts = (fields: Iterable<HeaderField>) => [...fields].map(textOf);

for (const mta of ["postfix", "sendmail"] as const) {
  test(`${mta}: whatever several filters place, change and delete, each field stands where it was placed`, () => {
    const random = new Random(mta === "postfix" ? 17 : 18);
    for (let round = 0; round < 2000; round++) {
      let serial = 0;
      const newField = () => HeaderField.of(random.pick(NAMES), String(++serial));
      const list = new HeaderList(mta);
      for (let i = random.below(6); i >= 0; i--) list.push(newField());
      for (let filter = random.below(3); filter >= 0; filter--) {
        const given = [...list];
        /** What the filter makes of the header, as a plain list. */
        const wanted = texts(given);
        const at = new Map(given.map((field) => [field, textOf(field)]));
        const changes: HeaderChange[] = [];
        for (let i = random.below(4); i >= 0 && at.size > 0; i--) {
          const of = random.pick([...at.keys()]);
          const place = wanted.indexOf(at.get(of)!);
          const kind = random.below(4);
          if (kind === 0) {
            changes.push({ type: "deleteHeader", of });
            wanted.splice(place, 1);
            at.delete(of);
          } else if (kind === 1) {
            const field = HeaderField.of(of.nameBytes, String(++serial));
            changes.push({ type: "changeHeader", of, field });
            at.set(of, wanted[place] = textOf(field));
          } else {
            const field = newField();
            const side = kind === 2 ? "before" : "after";
            changes.push({ type: "placeHeader", side, of, field });
            wanted.splice(side === "before" ? place : place + 1, 0, textOf(field));
          }
        }
        list.apply(changes);
        list.show();
        assert.deepEqual(texts(list), wanted);
      }
      const model = HEADER_MODELS[mta];
      const entries = model.start(list.originals);
      applyHeaderActions(model, entries, headerActions(list));
      assert.deepEqual(shown(entries), texts(list), `round ${round}`);
    }
  });
}
