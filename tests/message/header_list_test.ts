import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { headerActions } from "../../lib/message/header_diff.ts";
import { type HeaderChange, HeaderList } from "../../lib/message/header_list.ts";
import { applyHeaderActions } from "../../lib/message/header_model.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import { at } from "../support/present.ts";

const field = (text: string) => {
  const [name = "", value = ""] = text.split(":");
  return HeaderField.of(name, value);
};
const show = (list: Iterable<HeaderField>) =>
  [...list].map(({ name, value }) => `${name}:${value}`).join(" ");

function listOf(text: string, mta: MtaKind = "postfix"): HeaderList {
  const list = new HeaderList(mta);
  for (const word of text.split(" ").filter(Boolean)) list.push(field(word));
  return list;
}

function actions(list: HeaderList): string[] {
  return headerActions(list).map((action) =>
    [action.type, "index" in action ? action.index : "", `${action.field.name}:${action.field.value}`].join(
      " ",
    )
  );
}

const add = (text: string): HeaderChange => ({ type: "addHeader", field: field(text) });
const insert = (index: number, text: string): HeaderChange => ({
  type: "insertHeader",
  index,
  field: field(text),
});
const change = (of: HeaderField, text: string): HeaderChange => ({
  type: "changeHeader",
  of,
  field: field(text),
});
const remove = (of: HeaderField): HeaderChange => ({ type: "deleteHeader", of });

const place = (side: "before" | "after", of: HeaderField, text: string): HeaderChange => ({
  type: "placeHeader",
  side,
  of,
  field: field(text),
});

/** The header that the MTA has once it was told the actions. */
function reached(list: HeaderList): string {
  const entries = list.model.start(list.originals);
  applyHeaderActions(list.model, entries, headerActions(list));
  return show(entries.flatMap((entry) => entry.field ?? []));
}

test("a header is walked in order and looked up in any spelling", () => {
  const list = listOf("A:1 b:2 a:3");
  assert.equal(list.length, 3);
  assert.equal(show(list), "A:1 b:2 a:3");
  assert.equal(list.get("a")?.value, "1");
  assert.equal(list.get("B")?.value, "2");
  assert.equal(list.get("c"), undefined);
  assert.equal(show(list.all("A")), "A:1 a:3");
  assert.deepEqual(list.all("c"), []);
});

test("nothing asked for is nothing to do", () => {
  const list = listOf("A:1");
  list.apply([]);
  assert.equal(list.entries, undefined);
  assert.deepEqual(headerActions(list), []);
});

test("deletions of one name go from the last to the first", () => {
  const list = listOf("A:1 A:2 B:1 A:3");
  list.apply(list.all("A").map(remove));
  assert.equal(show(list), "B:1");
  assert.deepEqual(actions(list), ["deleteHeader 3 A:3", "deleteHeader 2 A:2", "deleteHeader 1 A:1"]);
});

test("numbers count the fields of one name, in any spelling", () => {
  const list = listOf("A:1 B:1 a:2 B:2");
  list.apply([change(at(list.all("a"), 1), "a:new"), change(at(list.all("b"), 0), "B:new")]);
  assert.equal(show(list), "A:1 B:new a:new B:2");
  assert.deepEqual(actions(list), ["changeHeader 2 a:new", "changeHeader 1 B:new"]);
});

test("what is changed twice is sent once", () => {
  const list = listOf("A:1");
  const handle = at([...list], 0);
  list.apply([change(handle, "A:2"), change(handle, "A:3")]);
  list.apply([change(list.get("A")!, "A:4")]);
  assert.deepEqual(actions(list), ["changeHeader 1 A:4"]);
});

test("what is changed and deleted is deleted", () => {
  const list = listOf("A:1");
  const handle = at([...list], 0);
  list.apply([change(handle, "A:2"), remove(handle)]);
  assert.equal(list.length, 0);
  assert.deepEqual(actions(list), ["deleteHeader 1 A:1"]);
});

test("a change of what was deleted adds it anew", () => {
  const list = listOf("A:1 B:1");
  const handle = at([...list], 0);
  list.apply([remove(handle), change(handle, "A:2")]);
  assert.equal(show(list), "B:1 A:2");
  assert.deepEqual(actions(list), ["deleteHeader 1 A:1", "addHeader  A:2"]);
});

test("a deletion of what is not there is nothing", () => {
  const list = listOf("A:1");
  const handle = at([...list], 0);
  list.apply([remove(handle), remove(handle), remove(field("A:1"))]);
  assert.deepEqual(actions(list), ["deleteHeader 1 A:1"]);
});

test("what one filter adds and a later one deletes leaves no trace", () => {
  const list = listOf("A:1");
  list.apply([add("X:1"), insert(0, "Y:1"), insert(1, "Z:1")]);
  list.apply(["X", "Y", "Z"].map((name) => remove(list.get(name)!)));
  assert.equal(show(list), "A:1");
  assert.deepEqual(actions(list), []);
});

test("what one filter adds and a later one changes is added as changed", () => {
  const list = listOf("A:1");
  list.apply([add("X:1"), insert(0, "Y:1")]);
  list.apply([change(list.get("X")!, "X:2"), change(list.get("Y")!, "Y:2")]);
  assert.deepEqual(actions(list), ["addHeader  X:2", "insertHeader 0 Y:2"]);
});

test("what is placed beside a field that was deleted goes to the end", () => {
  for (const side of ["before", "after"] as const) {
    const list = listOf("A:1 B:1 C:1");
    list.apply([remove(list.get("A")!), place(side, list.get("A")!, "X:1")]);
    assert.equal(show(list), "B:1 C:1 X:1");
    assert.deepEqual(actions(list), ["deleteHeader 1 A:1", "addHeader  X:1"]);
    assert.equal(reached(list), "B:1 C:1 X:1");
  }
});

test("a field of Sendmail's own that one filter set and a later one deleted is deleted by the number behind the last", () => {
  // Sendmail would write its own where the place is merely empty; number 0 means nothing to it.
  for (const [original, name, number] of [["A:1", "Date", 1], ["Return-Path:1", "Return-Path", 2]] as const) {
    const list = listOf(original, "sendmail");
    list.apply([add(`${name}:2`)]);
    list.apply(list.all(name).slice(0, 1).map(remove));
    assert.equal(show(list), original);
    assert.deepEqual(actions(list), [`deleteHeader ${number} ${name}:2`]);
  }
});

test("what is placed around a field that was brought back empty stands around it", () => {
  const list = listOf("Date:1 B:2", "sendmail");
  const bare = HeaderField.of("Date", "", true);
  list.apply([remove(list.get("B")!), { type: "changeHeader", of: list.get("Date")!, field: bare }]);
  const date = list.get("Date")!;
  list.apply([place("before", date, "Return-Path:3"), place("after", date, "Return-Path:4"), add("A:5")]);
  assert.equal(show(list), "Return-Path:3 Date: Return-Path:4 A:5");
  assert.equal(reached(list), show(list));
});

test("inserted at 0 and at 1 are above and below the MTA's own field", () => {
  const list = listOf("A:1");
  list.apply([insert(1, "Below:1"), insert(0, "Above:1"), insert(0, "Above:2"), insert(1, "Below:2")]);
  // By then the second place from the top is not below the MTA's own any more, to neither of them.
  assert.equal(show(list), "Above:2 Below:2 Above:1 Below:1 A:1");
  assert.deepEqual(actions(list), [
    "insertHeader 1 Below:1",
    "insertHeader 0 Above:1",
    "insertHeader 0 Above:2",
    "insertHeader 1 Below:2",
  ]);
});

test("inserted beyond the end is inserted there, since Sendmail adds beside others of its name", () => {
  const list = listOf("A:1");
  list.apply([insert(100, "X:1"), add("Y:1")]);
  assert.deepEqual(actions(list), ["insertHeader 100 X:1", "addHeader  Y:1"]);
});

test("inserted at n stands before the n-th field", () => {
  const list = listOf("A:1 B:1 C:1");
  list.apply([insert(3, "X:1")]);
  assert.equal(show(list), "A:1 B:1 X:1 C:1");
  assert.deepEqual(actions(list), ["insertHeader 3 X:1"]);
});

test("a view taken before a later filter's changes is not touched by its own filter's", () => {
  const list = listOf("A:1");
  list.apply([add("X:1")]);
  const seen = [...list];
  list.apply([remove(list.get("A")!)]);
  assert.equal(show(seen), "A:1 X:1");
  assert.equal(show(list.originals), "A:1");
});

test("names that are not UTF-8 are told apart by their bytes", () => {
  const list = new HeaderList("postfix");
  const first = HeaderField.of(Uint8Array.of(0xfe), "1");
  const second = HeaderField.of(Uint8Array.of(0xff), "2");
  list.push(first);
  list.push(second);
  list.apply([change(second, "x:new")]);
  const action = at(headerActions(list), 0);
  assert.equal("index" in action && action.index, 1);
});
