// Random changes of several filters, carried out on small models of what Postfix and Sendmail do with a header.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HeaderField } from "../../lib/message/header.ts";
import { headerActions } from "../../lib/message/header_diff.ts";
import type { HeaderAction } from "../../lib/message/header_model.ts";
import { type HeaderChange, HeaderList } from "../../lib/message/header_list.ts";

const NAMES = ["Received", "X-A", "x-a", "Subject", "X-B"];
const OWN = HeaderField.of("Received", "the MTA's own");

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const show = (fields: Iterable<HeaderField>) => [...fields].map(({ name, value }) => `${name}: ${value}`);
const numbered = (fields: HeaderField[], { index, field }: { index: number; field: HeaderField }) =>
  fields.map((candidate, at) => ({ candidate, at })).filter(({ candidate }) =>
    candidate !== OWN && candidate.is(field.name)
  )[index - 1]?.at;

/** Renumbers after every packet; a change beyond the count adds; inserting counts its own field. */
function postfix(originals: readonly HeaderField[], actions: readonly HeaderAction[]): HeaderField[] {
  const header = [OWN, ...originals];
  for (const action of actions) {
    if (action.type === "addHeader") header.push(action.field);
    else if (action.type === "insertHeader") header.splice(action.index, 0, action.field);
    else {
      const at = numbered(header, action);
      if (action.type === "deleteHeader") {
        if (at !== undefined) header.splice(at, 1);
      } else if (at === undefined) header.push(action.field);
      else header[at] = action.field;
    }
  }
  return header;
}

/** Keeps the numbers of what was deleted. Gives what became of each field; undefined: it is gone. */
function sendmail(
  originals: readonly HeaderField[],
  actions: readonly HeaderAction[],
): (HeaderField | undefined)[] {
  const now: (HeaderField | undefined)[] = [...originals];
  for (const action of actions) {
    if (action.type !== "changeHeader" && action.type !== "deleteHeader") continue;
    const at = numbered([...originals], action);
    assert.ok(at !== undefined, "a number beyond the count");
    now[at] = action.type === "deleteHeader" ? undefined : action.field;
  }
  return now;
}

interface Item {
  field: HeaderField;
  readonly original?: HeaderField;
}

/** What the filters' changes mean, done one by one on a plain list that has the MTA's own field in it. */
function meant(items: Item[], changes: readonly HeaderChange[]): void {
  const handles = new Map(items.map((item) => [item.field, item]));
  const own = () => items.findIndex(({ field }) => field === OWN);
  for (const change of changes) {
    if (change.type === "addHeader") items.push({ field: change.field });
    else if (change.type === "insertHeader") {
      // On top, or counted from the MTA's own field where that stands on top, but never above it.
      const at = change.index === 0 ? 0 : Math.max(change.index, own() + 1);
      items.splice(at, 0, { field: change.field });
    } else {
      const item = handles.get(change.of);
      const there = item !== undefined && items.includes(item);
      if (change.type === "deleteHeader") {
        if (there) items.splice(items.indexOf(item), 1);
      } else if (there) item.field = change.field;
      else {
        const anew = { field: change.field };
        items.push(anew);
        handles.set(change.of, anew);
      }
    }
  }
}

function someChanges(list: HeaderList, below: (n: number) => number, serial: () => string): HeaderChange[] {
  const handles = [...list, ...list.originals.slice(0, 1)];
  return Array.from({ length: below(6) }, (): HeaderChange => {
    const fresh = HeaderField.of(NAMES[below(NAMES.length)], serial());
    const of = handles[below(Math.max(1, handles.length))];
    switch (of ? below(8) : below(3)) {
      case 0:
        return { type: "addHeader", field: fresh };
      case 1:
        return { type: "insertHeader", index: below(2), field: fresh };
      case 2:
        return { type: "insertHeader", index: below(12), field: fresh };
      case 3:
      case 4:
        return { type: "changeHeader", of, field: HeaderField.of(of.nameBytes, serial()) };
      default:
        return { type: "deleteHeader", of };
    }
  });
}

test("both MTAs make of the actions what the filters meant, for random headers and changes", () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 4000; seed++) {
    const below = random(seed);
    let count = 0;
    const serial = () => String(++count);
    const list = new HeaderList("postfix");
    for (let i = below(8); i > 0; i--) list.push(HeaderField.of(NAMES[below(NAMES.length)], serial()));
    const items: Item[] = [OWN, ...list.originals].map((field) => ({ field, original: field }));
    for (let filters = 1 + below(3); filters > 0; filters--) {
      const changes = someChanges(list, below, serial);
      meant(items, changes);
      list.apply(changes);
      const visible = items.map(({ field }) => field).filter((field) => field !== OWN);
      assert.deepEqual(show(list), show(visible), `view, seed ${seed}`);
    }
    const actions = headerActions(list);
    for (const { type } of actions) seen.add(type);
    assert.deepEqual(
      show(postfix(list.originals, actions)),
      show(items.map(({ field }) => field)),
      `Postfix, seed ${seed}`,
    );
    assert.deepEqual(
      sendmail(list.originals, actions).map((field) => field?.value),
      list.originals.map((original) => items.find((item) => item.original === original)?.field.value),
      `Sendmail, seed ${seed}`,
    );
  }
  assert.equal(seen.size, 4);
});

test("changes and deletions come before additions, each field's number once and from the last to the first", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const below = random(seed);
    const list = new HeaderList("postfix");
    for (let i = 8; i > 0; i--) list.push(HeaderField.of(NAMES[below(NAMES.length)], String(i)));
    list.apply(someChanges(list, below, () => "new"));
    list.apply(someChanges(list, below, () => "newer"));
    const actions = headerActions(list);
    const ofOld = actions.findIndex(({ type }) => type === "addHeader" || type === "insertHeader");
    const [old, fresh] = ofOld < 0 ? [actions, []] : [actions.slice(0, ofOld), actions.slice(ofOld)];
    assert.ok(fresh.every(({ type }) => type === "addHeader" || type === "insertHeader"));
    const last = new Map<string, number>();
    for (const action of old as { index: number; field: HeaderField }[]) {
      const name = action.field.name.toLowerCase();
      assert.ok(action.index < (last.get(name) ?? Infinity), `seed ${seed}`);
      last.set(name, action.index);
    }
  }
});
