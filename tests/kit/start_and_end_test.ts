// A filter that cannot start, or cannot end as it should: what is said of it, and that what it has begun ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRecordsFile } from "../../lib/auth.ts";
import { deliver } from "../../lib/testing.ts";
import {
  defineFilter,
  DnsLookupError,
  FilterDisposedError,
  type FilterKit,
  type FilterLogLine,
  FilterStartError,
  InvalidFilterError,
  make,
  OptionError,
  serve,
  tempfail,
} from "../../mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** Lets promises that are due settle. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve));

/** A filter whose `create` does what it is told. */
// deno-lint-ignore no-explicit-any -- also what plain JavaScript would return
const created = (create: (kit: FilterKit) => any) =>
  defineFilter({ name: "x", create: (_options, kit) => create(kit) });

const failed = new Error("no database");

const STARTS: readonly (readonly [what: string, create: () => unknown, error: RegExp, problem: string])[] = [
  [
    "throws",
    () => {
      throw failed;
    },
    /^Cannot start filter x: no database$/,
    "threw",
  ],
  ["rejects", () => Promise.reject(failed), /^Cannot start filter x: no database$/, "threw"],
  [
    "returns nothing",
    () => undefined,
    /its create returned undefined: want an object with callbacks/,
    "returned",
  ],
  [
    "resolves to a text",
    () => Promise.resolve("mail"),
    /its create returned string: want an object/,
    "returned",
  ],
];

for (const [what, create, message, problem] of STARTS) {
  test(`a filter whose create ${what} does not start, and what it has begun ends`, async () => {
    let signal: AbortSignal | undefined;
    const clock = new ManualClock();
    let runs = 0;
    const definition = created((kit) => {
      ({ signal } = kit);
      kit.every("1s", () => void runs++);
      return create();
    });
    await assert.rejects(make(definition, {}, { clock }), (error) => {
      assert.ok(error instanceof FilterStartError);
      assert.match(error.message, message);
      assert.equal(error.problem, problem);
      assert.equal(error.cause, problem === "threw" ? failed : undefined);
      return true;
    });
    assert.ok(signal?.aborted);
    clock.advance(10_000);
    await settled();
    assert.equal(runs, 0);
  });
}

test("a filter whose create takes more than 10 s does not start", async () => {
  const clock = new ManualClock();
  const making = assert.rejects(
    make(created(() => new Promise(() => {})), {}, { clock }),
    { name: "FilterStartError", problem: "late", message: /its create has not finished after 10 s$/ },
  );
  await settled();
  clock.advance(10_000);
  await making;
});

test("what create returns must be valid callbacks", async () => {
  await assert.rejects(make(created(() => ({ heder() {} }))), InvalidFilterError);
});

test("an error about an option stays what it is", async () => {
  const definition = created(() => {
    throw new OptionError("until", "5m", "it must be above --from");
  });
  await assert.rejects(make(definition), OptionError);
});

test("a server does not listen where a filter does not start, and the filters before it are disposed", async () => {
  const events: string[] = [];
  const before = created(() => ({ dispose: () => void events.push("disposed") }));
  const listen = "inet:0@127.0.0.1";
  const filters = [
    before,
    created(() => {
      throw failed;
    }),
  ];
  await assert.rejects(
    serve({ listen, filters, onEvent: ({ type }) => events.push(type) }),
    FilterStartError,
  );
  assert.deepEqual(events, ["disposed"]);
});

const ENDS: readonly (readonly [what: string, dispose: () => unknown, text: string])[] = [
  ["throws", () => {
    throw new Error("cannot flush");
  }, "its dispose failed: cannot flush"],
  ["rejects", () => Promise.reject(new Error("cannot flush")), "its dispose failed: cannot flush"],
  ["does not end", () => new Promise(() => {}), "its dispose has not finished after 5 s"],
];

for (const [what, dispose, text] of ENDS) {
  test(`a dispose that ${what} is logged, and holds up nothing`, async () => {
    const clock = new ManualClock();
    const lines: FilterLogLine[] = [];
    const filter = await make(created(() => ({ dispose })), {}, { clock, onLog: (line) => lines.push(line) });
    const server = await serve({ listen: "inet:0@127.0.0.1", filters: [filter] });
    const stopped = server.stop();
    const isOver = (): boolean => lines.length > 0 || clock.waited(5000);
    for (let i = 0; i < 1000 && !isOver(); i++) await settled();
    assert.ok(isOver(), "neither logged nor waited for");
    clock.advance(5000);
    await stopped;
    assert.deepEqual(lines.map((line) => `${line.level} ${line.filter}: ${line.text}`), [`error x: ${text}`]);
    await assert.rejects(serve({ listen: "inet:0@127.0.0.1", filters: [filter] }), FilterDisposedError);
  });
}

test("work of every that fails is logged, and done again after the next interval; mail goes on", async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const definition = created((kit) => {
    kit.every("1m", () => Promise.reject(new Error("no space left")));
    return { mail() {} };
  });
  const filter = await make(definition, {}, {
    clock,
    onLog: ({ level, text }) => lines.push(`${level} ${text}`),
  });
  for (let run = 1; run <= 2; run++) {
    clock.advance(60_000);
    await settled();
    assert.deepEqual(lines, Array(run).fill("error its work of every 1m failed: no space left"));
    (await deliver(filter)).assertAccepted();
  }
  await filter.dispose();
});

test("work of every that is running is waited for on dispose, and not begun again", async () => {
  const clock = new ManualClock();
  const events: string[] = [];
  let finish = (): void => {};
  const definition = created((kit) => {
    kit.every(1000, async () => {
      events.push("begun");
      await new Promise<void>((resolve) => finish = resolve);
      events.push("done");
    });
    return { dispose: () => void events.push("disposed") };
  });
  const filter = await make(definition, {}, { clock });
  clock.advance(1000);
  await settled();
  const disposed = filter.dispose();
  await settled();
  assert.deepEqual(events, ["begun"]);
  finish();
  await disposed;
  clock.advance(5000);
  await settled();
  assert.deepEqual(events, ["begun", "done", "disposed"]);
});

for (const status of ["TIMEOUT", "SERVFAIL"]) {
  test(`a question to the DNS that ends in ${status} throws, and fails a filter that does not catch it`, async () => {
    const resolver = parseRecordsFile(`example.com ${status}\nexample.org MX 10 mx.example.org`);
    const caught: unknown[] = [];
    const uncaught = created(({ dns }) => ({ mail: async () => void await dns.mx("example.com") }));
    const catching = created(({ dns }) => ({
      async mail() {
        try {
          await dns.mx("example.com");
        } catch (error) {
          caught.push(error);
          return tempfail(450, "4.4.3", "Later");
        }
      },
    }));
    const { outcome, failures } = await deliver(await make(uncaught, {}, { resolver }));
    assert.equal(outcome, "tempfail");
    assert.ok(failures[0]?.error instanceof DnsLookupError);
    (await deliver(await make(catching, {}, { resolver }))).assertTempfailed(450, "Later");
    assert.match(
      String(caught[0]),
      /^DnsLookupError: Cannot look up MX of example\.com: the records file says/,
    );
  });
}

test("no records, no such name and a name that none can have are empty lists", async () => {
  const resolver = parseRecordsFile("mx.example.org A 192.0.2.1");
  const answers: unknown[] = [];
  const definition = created(({ dns }) => ({
    async mail() {
      answers.push(await dns.a("mx.example.org"), await dns.mx("mx.example.org"));
      answers.push(await dns.a("absent.example"), await dns.txt("no domain"), await dns.ptr("no address"));
    },
  }));
  (await deliver(await make(definition, {}, { resolver }))).assertAccepted();
  assert.deepEqual(answers, [["192.0.2.1"], [], [], [], []]);
});
