// What is made for a connection or a message is let go of on every path out.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import type { ConnectionContext, MessageContext } from "../../lib/filter/context.ts";
import { accept, discard, reject, tempfail } from "../../lib/filter/verdict.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, CLIENT, gate, MESSAGE, type Served, served, until } from "../server/support.ts";

const TO = ["a@example.net"];

interface State {
  readonly kind: string;
  open: boolean;
}

/** Counts what its factories made and what of it was released, each once. */
function counting(name: string, settings: Partial<AnyFilter> = {}) {
  const made: State[] = [];
  const make = (kind: string) => () => {
    const state = { kind, open: true };
    made.push(state);
    return state;
  };
  const release = (state: State) => {
    assert.equal(state.open, true, `${name}: released twice`);
    state.open = false;
  };
  const filter: AnyFilter = {
    name,
    verdicts: [],
    connectionState: make("connection"),
    messageState: make("message"),
    connect: () => {},
    mail: () => {},
    ...settings,
    eom(message, context: MessageContext<State, State>) {
      const answer = settings.eom?.(message, context);
      release(context.messageState);
      return answer;
    },
    abort: ({ messageState }: MessageContext<State, State>) => release(messageState),
    close: ({ connectionState }: ConnectionContext<State>) => release(connectionState),
  };
  const count = (kind: string) => made.filter((state) => state.kind === kind).length;
  return {
    filter,
    get made() {
      return [count("connection"), count("message")];
    },
    get left() {
      return made.filter((state) => state.open).map(({ kind }) => kind);
    },
  };
}

const ENDS: [
  how: string,
  messages: number,
  left: string[],
  end: (mta: MtaClient, served: Served) => unknown,
][] = [
  ["a message that is let through, and QUIT", 2, ["connection"], async (mta) => {
    await mta.message(MESSAGE, { to: TO });
    await mta.message(MESSAGE, { to: TO });
  }],
  ["an abort in a message", 1, ["connection"], async (mta) => {
    await mta.mail("a");
    await mta.rcpt("b");
    mta.abort();
    await mta.unknown("SYNC");
  }],
  ["QUIT in a message", 1, ["connection", "message"], (mta) => mta.mail("a")],
  ["no message at all", 0, ["connection"], (mta) => mta.unknown("SYNC")],
  ["a MAIL inside a message", 2, ["connection", "message"], async (mta) => {
    await mta.mail("a");
    await mta.mail("b");
    await mta.unknown("SYNC");
  }],
  ["content out of sequence", 1, ["connection"], async (mta) => {
    await mta.mail("a");
    await mta.header(HeaderField.of("A", "b"));
    await mta.rcpt("late");
    await mta.unknown("SYNC");
  }],
];
// An event that is answered, so that all before it is known to be over.
const SYNC = { unknown: () => {}, verdicts: ["unknown"] } as Partial<AnyFilter>;

for (const [how, messages, left, act] of ENDS) {
  for (const last of ["QUIT", "a lost connection", "a server that aborts", "a server that stops"] as const) {
    test(`states are made and let go of once each: ${how}, ${last}`, async () => {
      const first = counting("first", SYNC);
      const second = counting("second");
      await served([first.filter, second.filter], async (all) => {
        const mta = await all.open();
        await act(mta, all);
        await until(() => first.made[1] === messages);
        for (const { made, left: open } of [first, second]) {
          assert.deepEqual([made, [...open].sort()], [[1, messages], left]);
        }
        if (last === "QUIT") mta.quit();
        else if (last === "a lost connection") mta.destroy();
        else if (last === "a server that aborts") await all.server.abort();
        else {
          const stopped = all.server.stop(1);
          if (left.includes("message")) mta.abort();
          await stopped;
        }
        await until(() => all.server.connections === 0);
        for (const { made, left: open } of [first, second]) {
          assert.deepEqual([made, open], [[1, messages], []]);
        }
      });
    });
  }
}

for (const verdict of [reject, tempfail, discard]) {
  for (const event of ["mail", "rcpt", "data", "header", "eoh", "body", "eom"] as const) {
    test(`the other filters' message states are let go of on ${verdict.name} at ${event}`, async () => {
      const [before, after] = [counting("before"), counting("after")];
      await served([
        before.filter,
        { name: "saying", [event]: () => verdict() },
        after.filter,
      ], async ({ open }) => {
        const mta = await open();
        const { refused } = await mta.message(MESSAGE, { to: TO });
        if (refused.length > 0) await mta.mail("next");
        const open2 = refused.length > 0 ? ["connection", "message"] : ["connection"];
        assert.deepEqual([...before.left].sort(), open2);
        assert.deepEqual([...after.left].sort(), open2);
      });
    });
  }
}

test("on one socket each SMTP client has states of its own", async () => {
  const log: string[] = [];
  const counted = counting("counted");
  const filter: AnyFilter = {
    ...counted.filter,
    connect: ({ hostname }, context) => {
      context.connectionState.hostname = hostname;
    },
    helo: (name, context) => {
      log.push(`${name} ${context.connectionState.hostname} ${context.client?.hostname}`);
    },
    mail: (_, context) => {
      log.push(`mail ${context.connectionState.hostname} ${context.helo}`);
    },
  };
  await served([filter, { name: "sync", ...SYNC }], async ({ open, server }) => {
    const mta = await open({ bare: true });
    for (const hostname of ["one", "two", "three"]) {
      await mta.connect({ ...CLIENT, hostname });
      await mta.helo("helo");
      await mta.message(MESSAGE, { to: TO });
      if (hostname === "two") await mta.mail("a");
      mta.next();
    }
    await mta.unknown("SYNC");
    assert.deepEqual([counted.made, counted.left], [[3, 4], []]);
    assert.deepEqual(log, [
      ...["one", "two", "three"].flatMap((name) => {
        const mail = `mail ${name} helo`;
        return [`helo ${name} ${name}`, mail, ...name === "two" ? [mail] : []];
      }),
    ]);
    mta.quit();
    await server.stop();
  });
});

for (const last of ["QUIT", "a lost connection", "a server that aborts"] as const) {
  test(`no close comes for a next SMTP client of a socket that never was: ${last}`, async () => {
    const counted = counting("counted");
    await served([counted.filter, { name: "sync", ...SYNC }], async ({ open, server }) => {
      const mta = await open({ bare: true });
      await mta.connect(CLIENT);
      await mta.unknown("SYNC");
      mta.next();
      await until(() => counted.left.length === 0);
      if (last === "QUIT") mta.quit();
      else if (last === "a lost connection") mta.destroy();
      else await server.abort();
      await until(() => server.connections === 0);
      assert.deepEqual([counted.made, counted.left], [[1, 0], []]);
    });
  });
}

test("a filter that accepts at connect is closed on each SMTP client of a socket", async () => {
  const counted = counting("counted", { connect: accept });
  await served([counted.filter, { name: "other", connect: () => {}, ...SYNC }], async ({ open }) => {
    const mta = await open({ bare: true });
    for (let i = 1; i <= 3; i++) {
      await mta.connect(CLIENT);
      await mta.unknown("SYNC");
      assert.deepEqual([counted.made, counted.left], [[i, 0], []]);
      mta.next();
    }
    await mta.unknown("SYNC");
    assert.deepEqual(counted.made, [3, 0]);
  });
});

test("a filter that another one keeps from being asked at connect is closed all the same, with a state", async () => {
  for (const how of ["reject", "fail"]) {
    const counted = counting("counted");
    const connect = () => {
      if (how === "reject") return reject();
      throw new Error("boom");
    };
    await served([{ name: "first", connect }, counted.filter], async ({ open, server }) => {
      const mta = await open({ bare: true });
      assert.notEqual((await mta.connect(CLIENT)).verdict, "continue");
      assert.deepEqual(counted.made, [0, 0]);
      mta.quit();
      await until(() => server.connections === 0);
      assert.deepEqual([counted.made, counted.left], [[1, 0], []]);
    });
  }
});

test("a state that cannot be made is a failure of its filter", async () => {
  const boom = new Error("boom");
  const fail = () => {
    throw boom;
  };
  for (const settings of [{ messageState: fail }, { connectionState: fail }]) {
    await served([{ name: "1", mail: () => {}, onError: "reject", ...settings }, {
      name: "2",
      mail: () => {},
    }], async ({ open, of }) => {
      const mta = await open();
      for (let i = 0; i < 2; i++) {
        const { event, answer } = await mta.message(MESSAGE, { to: TO });
        assert.deepEqual([event, answer.verdict], ["mail", "reject"]);
      }
      assert.deepEqual(of("filter-error").map(({ error }) => error), [boom, boom]);
    });
  }
});

const ABORTS: [how: string, reason: RegExp, end: (mta: MtaClient, served: Served) => unknown][] = [
  ["an abort of the MTA", /message was aborted/, (mta) => mta.abort()],
  ["a lost connection", /./, (mta) => mta.destroy()],
  ["QUIT", /./, (mta) => mta.quit()],
  ["the server's abort", /abort/, (_, { server }) => void server.abort()],
];
for (const [how, reason, end] of ABORTS) {
  test(`the signal of a message is aborted by ${how}`, async () => {
    const got = gate<AbortSignal>();
    await served(
      [{ name: "1", verdicts: [], mail: (_, context) => got.open(context.signal), ...SYNC }],
      async (all) => {
        const mta = await all.open();
        await mta.mail("a");
        const signal = await got.opened;
        assert.equal(signal.aborted, false);
        await end(mta, all);
        await until(() => signal.aborted);
        assert.equal((signal.reason as Error).name, "AbortError");
        assert.match((signal.reason as Error).message, reason);
      },
    );
  });
}

test("a signal that is first read after the message is over is aborted already, and says why", async () => {
  const clock = new ManualClock();
  const slow = gate();
  const late = gate<AbortSignal>();
  const seen: Record<string, AbortSignal> = {};
  const filter: AnyFilter = {
    name: "1",
    async mail(_, context) {
      await slow.opened;
      late.open(context.signal);
    },
    abort: (context) => void (seen.abort = context.signal),
  };
  await served([filter], async ({ open }) => {
    const mta = await open();
    const answer = mta.mail("a");
    await until(() => clock.waited(8000));
    clock.advance(8000);
    assert.equal((await answer).verdict, "tempfail");
    slow.open();
    const signal = await late.opened;
    assert.deepEqual([signal.aborted, (signal.reason as Error).name], [true, "AbortError"]);
    assert.match((signal.reason as Error).message, /took too long/);
    await until(() => seen.abort);
    assert.equal(seen.abort, signal);
  }, { clock });
});

test("the signal of a filter is aborted when another one ends the message", async () => {
  let signal: AbortSignal | undefined;
  await served([{ name: "1", mail: (_, context) => void (signal = context.signal) }, {
    name: "2",
    data: () => reject(),
  }], async ({ open }) => {
    const mta = await open();
    await mta.message(MESSAGE, { to: TO });
    assert.equal(signal?.aborted, true);
  });
});

test("the signal of a message that was let through stays quiet", async () => {
  const signals: AbortSignal[] = [];
  await served(
    [{ name: "1", mail: (_, context) => void signals.push(context.signal) }],
    async ({ open, server }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: TO });
      await mta.message(MESSAGE, { to: TO });
      mta.quit();
      await server.stop();
      assert.equal(signals.length, 2);
      assert.notEqual(signals[0], signals[1]);
      assert.deepEqual(signals.map(({ aborted }) => aborted), [false, false]);
    },
  );
});
