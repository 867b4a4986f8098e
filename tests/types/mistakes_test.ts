// Runs once: the compiler is the same for all runtimes.
// What authors get wrong is an error of the compiler, on the line where it stands and in words that help.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./compile.ts";

/** Each mistake, with what the compiler says of it. */
const MISTAKES: Readonly<Record<string, readonly [code: string, says: RegExp]>> = {
  "discard at connect": [`defineFilter({ name: "a", connect: () => discard() });`, /"discard"/],
  "skip at header": [`defineFilter({ name: "a", header: () => skip() });`, /"skip"/],
  "accept at unknown": [`defineFilter({ name: "a", unknown: () => accept() });`, /"accept"/],
  "an undeclared change": [
    `defineFilter({ name: "b", changes: ["addHeader"], eom(m) { m.addRcpt("x@y"); } });`,
    /'addRcpt' does not exist/,
  ],
  "a text without changeHeader": [
    `defineFilter({ name: "b", changes: ["addHeader"], eom(m) { m.setText("Subject", "x"); } });`,
    /'setText' does not exist/,
  ],
  "a change without declarations": [
    `defineFilter({ name: "b", eom(m) { m.addHeader("X", "y"); } });`,
    /'addHeader' does not exist/,
  ],
  "undeclared content": [
    `defineFilter({ name: "b", eom(m) { m.content; } });`,
    /'content' does not exist/,
  ],
  "undeclared content beside changes": [
    `defineFilter({ name: "b", content: "none", changes: ["addHeader"], create: () => ({ eom(m) { m.content; } }) });`,
    /'content' does not exist/,
  ],
  "an undeclared edit of content": [
    `defineFilter({ name: "b", content: "mime", changes: ["addHeader"], async eom(m) { await m.content.addText({ text: "x" }); } });`,
    /'addText' does not exist/,
  ],
  "a kind of content that does not exist": [
    `defineFilter({ name: "b", content: "body", eom() {} });`,
    /"body"/,
  ],
  "a verdict where there are none": [
    `defineFilter({ name: "c", verdicts: [], mail: () => reject() });`,
    /"reject"/,
  ],
  "a verdict at an undeclared event": [
    `defineFilter({ name: "c", verdicts: ["eom"], mail: () => reject() });`,
    /"reject"/,
  ],
  "a code that contradicts its class": [
    `defineFilter({ name: "d", mail: () => reject(550, "4.7.1", "x") });`,
    /5\.\$\{number\}/,
  ],
  "a misspelt option": [
    `defineFilter({ name: "o", options: { word: { kind: "string", description: "x" } }, create(o) { o.wrod; return {}; } });`,
    /'wrod' does not exist/,
  ],
  "an option that may be missing": [
    `defineFilter({ name: "o", options: { n: { kind: "integer", description: "x" } },
      create({ n }) { const most: number = n; return { mail: () => { most; } }; } });`,
    /undefined/,
  ],
  "a 4xx code to reject": [`reject(450);`, /500 to 599/],
  "a 5xx code to put off": [`tempfail(550, "4.7.1", "later");`, /400 to 499/],
  "libmilter's name of a callback": [
    `defineFilter({ name: "e", envfrom() {} });`,
    /'envfrom' does not exist/,
  ],
  "a misspelt change": [`defineFilter({ name: "e", changes: ["addHeadr"], eom() {} });`, /"addHeader"/],
  "a misspelt event": [`defineFilter({ name: "e", verdicts: ["rcpts"], rcpt() {} });`, /"rcpts"/],
  "an answer that is none": [`defineFilter({ name: "f", mail: () => true });`, /'boolean'/],
  "text for an answer": [`defineFilter({ name: "f", async rcpt() { return "reject"; } });`, /string/],
  "state that is not there": [
    `defineFilter({ name: "g", messageState: () => ({ n: 0 }), mail(_, { messageState }) { messageState.m++; } });`,
    /'m' does not exist/,
  ],
  "a kind that does not exist": [
    `defineFilter({ name: "h", options: { n: { kind: "int", description: "x" } }, create: () => ({}) });`,
    /"int"/,
  ],
  "an enum without choices": [
    `defineFilter({ name: "h", options: { n: { kind: "enum", description: "x" } }, create: () => ({}) });`,
    /choices/,
  ],
  "an option without a description": [
    `defineFilter({ name: "h", options: { n: { kind: "flag" } }, create: () => ({}) });`,
    /description/,
  ],
  "a default of a list": [
    `defineFilter({ name: "h", options: { n: { kind: "string", repeatable: true, default: "x", description: "x" } }, create: () => ({}) });`,
    /default|undefined/,
  ],
  "callbacks beside create": [`defineFilter({ name: "i", mail() {}, create: () => ({}) });`, /undefined/],
  "a wrong verdict of create": [
    `defineFilter({ name: "i", verdicts: ["rcpt"], create: () => ({ mail: () => tempfail() }) });`,
    /"tempfail"/,
  ],
  "a wrong label": [
    `defineFilter({ name: "j", create(_, kit) { kit.counter("a_total", "x", ["why"]).add({ reason: "y" }); return {}; } });`,
    /'reason' does not exist/,
  ],
  "an option of make that does not exist": [
    `make(defineFilter({ name: "k", options: { n: { kind: "flag", description: "x" } }, create: () => ({}) }), { m: true });`,
    /'m' does not exist/,
  ],
  "a required option left out": [
    `make(defineFilter({ name: "k", options: { n: { kind: "string", required: true, description: "x" } }, create: () => ({}) }), {});`,
    /'n' is missing/,
  ],
  "a text in place of a flag": [
    `make(defineFilter({ name: "k", options: { n: { kind: "flag", description: "x" } }, create: () => ({}) }), { n: "yes" });`,
    /'string'|"yes"/,
  ],
};

/** Filters that are right, some with the types that follow from their declarations. */
const RIGHT: Readonly<Record<string, string>> = {
  "no callbacks": `defineFilter({ name: "a" });`,
  "every event":
    `defineFilter({ name: "a", connect() {}, helo() {}, mail() {}, rcpt() {}, data() {}, header() {}, eoh() {}, body() {},
    eom() {}, abort() {}, unknown() {}, close() {} });`,
  "each verdict where it may be":
    `defineFilter({ name: "a", connect: () => tempfail(), helo: () => reject(), mail: () => discard(),
    rcpt: () => accept(), data: () => proceed(), body: () => skip(), eom: () => discard(), unknown: () => reject() });`,
  "a verdict on some paths":
    `defineFilter({ name: "a", rcpt({ address }) { if (address === "") return reject(550, "5.1.1", "No"); } });`,
  "asynchronous":
    `defineFilter({ name: "a", async header({ value }) { if (value) return tempfail(451, "4.7.1", "Later"); } });`,
  "accept needs no declaration":
    `defineFilter({ name: "a", verdicts: [], mail: () => accept(), body: () => skip() });`,
  "declared verdicts":
    `defineFilter({ name: "a", verdicts: ["mail", "eom"], mail: () => reject(), eom: () => discard() });`,
  "a verdict made beforehand":
    `const no = reject(550, "5.7.1", "No"); defineFilter({ name: "a", mail: () => no });`,
  "a code known at run time":
    `const code: number = 550; const enhanced: string = "5.7.1"; reject(code, enhanced, "x");`,
  "declared changes": `defineFilter({ name: "a", changes: ["addHeader", "changeHeader"], eom(m) {
      m.addHeader("X-A", "b"); for (const field of m.headers.all("Subject")) m.changeHeader(field, "x"); m.changeHeaderNumber("X", 1, "y"); } });`,
  "declared content": `defineFilter({ name: "a", content: "mime", async eom({ content, headers }) {
      headers.get("Subject"); for (const part of await content.parts()) same<typeof part.fileName, string | undefined>(true); } });`,
  "declared content and changes":
    `defineFilter({ name: "a", content: "mime", changes: ["addHeader"], create: () => ({
      async eom(m) { m.addHeader("X-Parts", String((await m.content.parts()).length)); } }) });`,
  "declared edits of content":
    `defineFilter({ name: "a", content: "mime", changes: ["editContent", "quarantine"], async eom(m) {
      for (const part of await m.content.parts()) { const { done, refused } = await m.content.replace(part, { text: "x" });
        same<typeof done, boolean>(true); if (refused[0]?.reason === "signed") m.quarantine("x"); } } });`,
  "content that an option needs":
    `defineFilter({ name: "a", content: "mime", options: { on: { kind: "flag", description: "x" } },
      create: ({ on }) => ({ ...(on ? {} : { content: "none" }), async eom(m) { if (on) await m.content.parts(); } }) });`,
  "the header without changes":
    `defineFilter({ name: "a", eom(m) { m.headers.all("Subject")[0]?.value; } });`,
  "states":
    `defineFilter({ name: "a", connectionState: () => ({ messages: 0 }), messageState: () => new Map<string, number>(),
      mail(_, { connectionState, messageState }) { same<typeof connectionState, { messages: number }>(true);
        same<typeof messageState, Map<string, number>>(true); } });`,
  "no states": `defineFilter({ name: "a", mail(_, { connectionState, messageState }) {
      same<typeof connectionState, undefined>(true); same<typeof messageState, undefined>(true); } });`,
  "each kind of option": `defineFilter({ name: "a", options: {
      text: { kind: "string", description: "x" }, "needed-text": { kind: "string", required: true, description: "x" },
      max: { kind: "size", default: "1MB", description: "x" }, "when-down": { kind: "enum", choices: ["accept", "tempfail"], default: "accept", description: "x" },
      word: { kind: "string", repeatable: true, description: "x" }, net: { kind: "network", repeatable: true, description: "x" },
      on: { kind: "flag", description: "x" }, pattern: { kind: "regexp", description: "x" } },
    create(options) {
      same<typeof options.text, string | undefined>(true); same<typeof options.neededText, string>(true);
      same<typeof options.max, number>(true); same<typeof options.whenDown, "accept" | "tempfail">(true);
      same<typeof options.word, readonly string[]>(true); same<typeof options.net, readonly import("../../mod.ts").Network[]>(true);
      same<typeof options.on, boolean>(true); same<typeof options.pattern, import("../../mod.ts").Expression | undefined>(true);
      return {};
    } });`,
  "create with states and changes":
    `defineFilter({ name: "a", messageState: () => ({ n: 0 }), changes: ["addRcpt", "quarantine"], verdicts: ["rcpt"],
      create: () => ({ rcpt(_, { messageState }) { messageState.n++; return tempfail(); },
        eom(m, { messageState }) { same<typeof messageState.n, number>(true); m.addRcpt("a@b"); m.quarantine("x"); }, dispose() {} }) });`,
  "an asynchronous create":
    `defineFilter({ name: "a", async create(_, kit) { await Promise.resolve(); kit.every("1h", async () => {});
      return { async mail(_s, { log, signal }) { log.info("x", { n: 1 }); signal.throwIfAborted(); }, async dispose() {} }; } });`,
  "settings that depend on options":
    `defineFilter({ name: "a", verdicts: ["mail", "rcpt"], changes: ["addHeader"], options: { early: { kind: "flag", description: "x" } },
      create: ({ early }) => ({ verdicts: early ? ["mail"] : ["rcpt"], onError: "accept", mail: () => reject(), rcpt: () => reject() }) });`,
  "counters and histograms": `defineFilter({ name: "a", create(_, kit) {
      const plain = kit.counter("a_total", "x"); plain.add(); plain.add(2);
      const labelled = kit.counter("b_total", "x", ["why", "who"]); labelled.add({ why: "a", who: "b" }, 3);
      kit.histogram("c_seconds", "x", [1, 2]).observe(1); kit.histogram("d_bytes", "x", [1, 2], ["kind"]).observe(1, { kind: "y" });
      return {}; } });`,
  "a store and DNS": `defineFilter({ name: "a", create(_, kit) { const store = kit.store("seen"); return {
      async mail(_s, { client, signal }) { const address = client?.address ?? "";
        const names: readonly string[] = await kit.dns.ptr(address, signal);
        if (!(await store.take(address, { count: 1, per: 1000 })).ok || names.length === 0) return tempfail(); } }; } });`,
  "made with options":
    `make(defineFilter({ name: "a", options: { "most-of-all": { kind: "integer", required: true, description: "x" },
      word: { kind: "string", repeatable: true, description: "x" }, at: { kind: "duration", default: "1s", description: "x" } }, create: () => ({}) }),
      { mostOfAll: 3, word: ["a", "b"], at: 1500 });`,
  "made without options": `make(defineFilter({ name: "a", create: () => ({}) }));`,
  "terms at negotiation":
    `defineFilter({ name: "a", changes: ["addHeader"], negotiate: ({ version }) => version < 6 ? reject() : { changes: [] }, eom() {} });`,
  "an option without options":
    `defineFilter({ name: "a", create: (options) => { same<keyof typeof options, never>(true); return {}; } });`,
};

const results = compile({
  ...Object.fromEntries(Object.entries(MISTAKES).map(([name, [code]]) => [name, code])),
  ...RIGHT,
});

for (const [name, [, says]] of Object.entries(MISTAKES)) {
  test(`the compiler refuses ${name}`, () => {
    const errors = results.get(name) ?? [];
    assert.notEqual(errors.length, 0, "it compiles");
    assert.match(errors.join("\n"), says);
  });
}

for (const name of Object.keys(RIGHT)) {
  test(`it compiles: ${name}`, () => assert.deepEqual(results.get(name), []));
}
