/**
 * What the compiler says of filters: nothing runs here, `deno task check` reports a line that no longer is an error.
 *
 * @module
 */
import { accept, defineFilter, discard, proceed, reject, skip, tempfail } from "../../mod.ts";

/** Verdicts that an event allows, where they are declared. */
export const verdicts = (): unknown[] => [
  defineFilter({ name: "x", connect: () => reject(550), mail: () => discard(), body: () => skip() }),
  defineFilter({
    name: "x",
    verdicts: [],
    mail: () => accept(),
    helo: () => proceed(),
    eom: () => undefined,
  }),
  defineFilter({ name: "x", verdicts: ["rcpt"], rcpt: async () => await Promise.resolve(tempfail()) }),
  // @ts-expect-error a connection cannot be discarded
  defineFilter({ name: "x", connect: () => discard() }),
  // @ts-expect-error only a body can be skipped
  defineFilter({ name: "x", mail: () => skip() }),
  // @ts-expect-error not declared at this event
  defineFilter({ name: "x", verdicts: ["rcpt"], mail: () => reject() }),
  // @ts-expect-error nor in a promise
  defineFilter({ name: "x", verdicts: ["rcpt"], mail: async () => await Promise.resolve(reject()) }),
  // @ts-expect-error nor by what create returns
  defineFilter({ name: "x", verdicts: ["rcpt"], create: () => ({ mail: () => reject() }) }),
  // @ts-expect-error a command that nobody knows cannot be accepted
  defineFilter({ name: "x", unknown: () => accept() }),
];

/** Changes that are declared. */
export const changes = (): unknown[] => [
  defineFilter({ name: "x", changes: ["addHeader"], eom: (message) => message.addHeader("A", "b") }),
  defineFilter({
    name: "x",
    changes: ["changeHeader"],
    eom: (message) => message.changeHeaderNumber("A", 1, String(message.headers.all("A").length)),
  }),
  defineFilter({
    name: "x",
    // @ts-expect-error nothing is declared
    eom: (message) => message.addHeader("A", "b"),
  }),
  defineFilter({
    name: "x",
    changes: ["addHeader"],
    // @ts-expect-error another change is declared
    create: () => ({ eom: (message) => message.addRcpt("a@example.org") }),
  }),
];

/** States that are declared, and one way to define a filter. */
export const definitions = (): unknown[] => [
  defineFilter({
    name: "x",
    connectionState: () => ({ count: 0 }),
    messageState: (): { text?: string } => ({}),
    mail(_sender, { connectionState, messageState }) {
      connectionState.count++;
      messageState.text = "a";
    },
  }),
  defineFilter({
    name: "x",
    create: () => ({
      messageState: () => ({ count: 0 }),
      mail: (_sender, { messageState }) => void messageState.count++,
    }),
  }),
  // @ts-expect-error callbacks stand beside create
  defineFilter({ name: "x", create: () => ({}), eom() {} }),
  // @ts-expect-error options need a create that gets them
  defineFilter({ name: "x", options: { a: { kind: "flag", description: "d" } }, eom() {} }),
  // @ts-expect-error there is no such change
  defineFilter({ name: "x", changes: ["addHeadr"], eom() {} }),
];
