// A sender decides how many fields a message has: what filters do to each of them takes work in proportion.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChangeSet, EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { headerActions } from "../../lib/message/header_diff.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { HeaderList } from "../../lib/message/header_list.ts";
import { toBytes } from "../../lib/message/text.ts";

/** So many fields; to look at each for each other one would be 250,000 looks. */
const MANY = 500;

/** A field that counts how often it is looked at. */
class CountedField extends HeaderField {
  static looks = 0;

  override is(name: string): boolean {
    CountedField.looks++;
    return super.is(name);
  }

  override get nameBytes(): Uint8Array {
    CountedField.looks++;
    return super.nameBytes;
  }
}

/** A header that counts how many of its fields were passed. */
class CountedList extends HeaderList {
  passed = 0;

  override *[Symbol.iterator](): IterableIterator<HeaderField> {
    for (const field of super[Symbol.iterator]()) {
      this.passed++;
      yield field;
    }
  }
}

function countedField(value: string): CountedField {
  const name = "X-A";
  const bytes = toBytes(`${name}\0${value}`);
  return new CountedField(bytes, 0, name.length, bytes.length, true);
}

describe("a header of many fields", () => {
  for (const mta of ["postfix", "sendmail"] as const) {
    it(`takes work in proportion when each is replaced by another one: ${mta}`, () => {
      const list = new CountedList(mta);
      for (let i = 0; i < MANY; i++) list.push(countedField(` ${i}`));
      const changes = new ChangeSet();
      const terms = {
        changes: new Set<Change>(["addHeader", "deleteHeader"]),
        leadingSpace: true,
        readsHeader: true,
      };
      const message = new EndOfMessage(list, changes, terms, mta);
      for (const field of list.originals) {
        message.addHeader("X-B", "1", { before: field });
        message.deleteHeader(field);
      }
      CountedField.looks = 0;
      list.apply(changes.header);
      const actions = headerActions(list);
      assert.equal(actions.filter(({ type }) => type === "deleteHeader").length, MANY);
      assert.equal(actions.length, 2 * MANY);
      assert.ok(list.passed <= 2 * MANY, `${list.passed} fields passed`);
      assert.ok(CountedField.looks <= 20 * MANY, `${CountedField.looks} looks`);
    });
  }
});
