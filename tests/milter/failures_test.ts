// A milter that fails: what --on-error makes of it, and that it is asked again.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { type AnyFilter, inFolder, MESSAGE, served, turns, until } from "../server/support.ts";
import { behindRaw, milterFilter, packet, RawMilter, type Reaction, TIMEOUT } from "./support.ts";
import { at } from "../support/present.ts";

const ON_ERROR = ["tempfail", "reject", "accept", "skip"] as const;
const VERDICTS = { tempfail: "tempfail", reject: "reject", accept: "continue", skip: "continue" } as const;

async function send(mta: MtaClient): Promise<string> {
  const { answer } = await mta.message(MESSAGE, { from: "s@example.org", to: ["a@example.net"] });
  // Where nobody else is asked, a filter that lets a message pass ends it.
  return answer.verdict === "accept" ? "continue" : answer.verdict;
}

const FAILURES: Record<
  string,
  { readonly react: (letter: string) => ReturnType<Reaction>; readonly error: RegExp }
> = {
  "closes": { react: () => "close", error: /closed the connection/ },
  "says nothing": { react: () => "outwait", error: /No answer to \w+ within 2000 ms/ },
  "answers rubbish": {
    react: () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
    error: /Malformed packet/,
  },
  "answers with a packet that there is not": { react: () => packet("Z"), error: /packet 'Z'/ },
  "answers a reply that is none": { react: () => packet("y", "hello\0"), error: /no SMTP reply/ },
  "negotiates again": { react: () => packet("O", Buffer.alloc(12)), error: /packet 'O'/ },
};

/** How long a milter is left alone that hung before it was connected, in milliseconds. */
const REST = 5000;
/** Later than this, failures concern the message at hand; earlier ones are mended first. */
const IN_MESSAGE = ["M", "R", "T", "L", "N", "B", "E"];

for (const [what, { react, error }] of Object.entries(FAILURES)) {
  for (const onError of ON_ERROR) {
    test(`a milter that ${what} in a message: ${onError}`, async () => {
      for (const letter of IN_MESSAGE) {
        let broken = true;
        const later: string[] = [];
        const last: AnyFilter = {
          name: "last",
          changes: [],
          mail: () => void later.push("mail"),
          eom: () => void later.push("eom"),
        };
        await behindRaw(
          { "on-error": onError },
          async (raw, { open, of, first }) => {
            raw.react = (packet) => broken && packet.letter === letter ? react(letter) : undefined;
            const mta = await open();
            assert.equal(await send(mta), VERDICTS[onError], letter);
            assert.equal(of("filter-error").length, 1, letter);
            assert.match((first("filter-error").error as Error).message, error);
            const passed = onError === "accept" || onError === "skip";
            if (passed) assert.equal(later.at(-1), "eom");
            else assert.ok(!later.includes("eom"));

            // It is asked again in the next message of the same connection, unless it is to be skipped for all of it.
            broken = false;
            const before = raw.packets.length;
            assert.equal(await send(mta), "continue");
            const asked = raw.packets.slice(before).filter(({ letter }) => letter !== "D").map(({ letter }) =>
              letter
            );
            assert.equal(asked.join(""), onError === "skip" ? "" : "OCHMRTLLNBE", letter);
            assert.equal(of("filter-error").length, 1);

            // And in any case on the next one.
            const count = raw.packets.length;
            assert.equal(await send(await open()), "continue");
            assert.ok(raw.packets.length > count);
          },
          { after: [last] },
        );
      }
    });
  }
}

for (const letter of ["O", "C", "H"]) {
  test(`a milter that fails once at ${letter} is asked anew at the message, with all that it missed`, async () => {
    for (const { react } of Object.values(FAILURES)) {
      await behindRaw({}, async (raw, { open, of, reports, first }) => {
        raw.react = (packet) =>
          packet.letter === letter && packet.connection === 1 ? react(letter) : undefined;
        const mta = await open({ bare: true });
        mta.macros("connect", { j: "mx.example" });
        assert.equal((await mta.connect({ hostname: "h", family: "unknown" })).verdict, "continue");
        assert.equal((await mta.helo("h")).verdict, "continue");
        // One that hangs is left alone for a moment when it did so before it was connected.
        const rests = letter === "O" && react(letter) === "outwait";
        if (rests) {
          assert.equal(await send(mta), "tempfail");
          assert.match(String(first("filter-error").error), /not tried again yet/);
          raw.clock.advance(REST);
        }
        assert.equal(await send(mta), "continue");
        assert.equal(raw.letters(2), "OCHMRTLLNBE");
        assert.deepEqual(
          raw.packets.filter(({ connection, letter }) => connection === 2 && letter === "D")[0]?.payload
            .toString(),
          "Cj\0mx.example\0",
        );
        assert.match(String(reports().at(-1)?.notes[0]?.remark), /^connected to the milter anew \(/);
        assert.equal(of("filter-error").length, rests ? 1 : 0);
      });
    }
  });
}

test("what a milter says to the client that it is told of again counts at the message", async () => {
  for (
    const [answer, verdict] of [[packet("y", "554 5.7.1 not you\0"), "reject"], [
      packet("a"),
      "continue",
    ]] as const
  ) {
    await behindRaw({}, async (raw, { open }) => {
      raw.react = ({ letter, connection }) =>
        letter === "H" && connection === 1
          ? "close"
          : letter === "C" && connection === 2
          ? answer
          : undefined;
      const mta = await open();
      assert.equal(await send(mta), verdict);
      assert.equal(raw.letters(2), "OC");
    });
  }
});

for (const onError of ON_ERROR) {
  test(`a milter that is not there: ${onError}; once it is there, it is asked`, async () => {
    await inFolder(async (folder) => {
      const raw = new RawMilter(`${folder}/raw.sock`);
      await served(
        [await milterFilter(raw.address, { label: "raw", "on-error": onError })],
        async ({ open, first }) => {
          const mta = await open();
          assert.equal(await send(mta), VERDICTS[onError]);
          assert.doesNotMatch(
            (first("filter-error").error as Error).stack ?? "",
            /\n/,
            "no places in the log",
          );
          assert.match(
            (first("filter-error").error as Error).message,
            /^Cannot connect to unix:.*there is no such file/,
          );
          await raw.start();
          try {
            assert.equal(await send(mta), "continue");
            assert.equal(raw.letters(), onError === "skip" ? "" : "OCHMRTLLNBE");
            assert.equal(await send(await open()), "continue");
            assert.equal(raw.letters(raw.connections), "OCHMRTLLNBE");
          } finally {
            await raw.kill();
          }
        },
      );
    });
  });
}

test("a milter that is killed and comes back is asked again, within one SMTP connection", async () => {
  await behindRaw({ "on-error": "tempfail" }, async (raw, { open }) => {
    const mta = await open();
    assert.equal(await send(mta), "continue");
    await raw.kill();
    assert.equal(await send(mta), "tempfail");
    assert.equal(await send(mta), "tempfail");
    await raw.start();
    assert.equal(await send(mta), "continue");
  });
});

test("a restart between messages is not even noticed", async () => {
  await behindRaw({}, async (raw, { open, of }) => {
    const mta = await open();
    assert.equal(await send(mta), "continue");
    await raw.kill();
    await raw.start();
    assert.equal(await send(mta), "continue");
    assert.equal(of("filter-error").length, 0);
  });
});

test("a milter that hangs before it is connected is left alone for a while", async () => {
  await behindRaw({ "on-error": "accept" }, async (raw, { open, of }) => {
    raw.react = () => "outwait";
    const mta = await open();
    for (let i = 0; i < 3; i++) assert.equal(await send(mta), "continue");
    assert.equal(await send(await open()), "continue");
    assert.equal(raw.connections, 1);
    assert.match(
      (at(of("filter-error"), 3).error as Error).message,
      /^No answer to negotiate within 2000 ms; not tried/,
    );
    raw.react = () => undefined;
    raw.clock.advance(REST - 1);
    assert.equal(await send(await open()), "continue");
    assert.equal(raw.connections, 1);
    raw.clock.advance(1);
    assert.equal(await send(await open()), "continue");
    assert.equal(raw.letters(2), "OCHMRTLLNBE");
  });
});

test("a failure where nothing is answered comes at the next answer", async () => {
  for (const onError of ON_ERROR) {
    await behindRaw({ "on-error": onError }, async (raw, { open, of }) => {
      const { NR_HEADER, NR_EOH, NR_BODY, NR_MAIL, NR_RCPT, NR_DATA } = ProtocolFlag;
      raw.terms = [6, 0, NR_MAIL | NR_RCPT | NR_DATA | NR_HEADER | NR_EOH | NR_BODY];
      raw.react = ({ letter, connection }) =>
        letter === "L" && connection === 1 ? "close" : "MRTLNB".includes(letter) ? "ignore" : undefined;
      const mta = await open();
      assert.equal(await send(mta), VERDICTS[onError]);
      assert.equal(of("filter-error").length, 1);
      assert.equal(await send(mta), "continue");
    });
  }
});

test("a milter that comes back with other wishes is refused until the MTA can be told of them", async () => {
  await behindRaw({}, async (raw, { open, first }) => {
    raw.terms = [6, 1, ProtocolFlag.NO_BODY];
    const mta = await open();
    assert.equal(await send(mta), "continue");
    await raw.kill();
    raw.terms = [6, 3, 0];
    await raw.start();
    assert.equal(await send(mta), "tempfail");
    assert.match((first("filter-error").error as Error).message, /asks for other things than before/);
    assert.equal(await send(await open()), "continue");
  });
});

test("one that wants less than before goes on", async () => {
  await behindRaw({}, async (raw, { open }) => {
    const mta = await open();
    assert.equal(await send(mta), "continue");
    await raw.kill();
    raw.terms = [2, 1, ProtocolFlag.NO_BODY];
    await raw.start();
    assert.equal(await send(mta), "continue");
    assert.equal(raw.letters(2), "OCHMRLLNE");
  });
});

for (
  const [what, terms] of [
    ["a version that was not offered", [7, 0, 0]],
    ["a version too old", [1, 0, 0]],
    ["an action that was not offered", [6, 0x1000, 0]],
  ] as const
) {
  test(`a milter that negotiates ${what} fails on each message`, async () => {
    await behindRaw({ "on-error": "reject" }, async (raw, { open, first }) => {
      raw.terms = terms;
      assert.equal(await send(await open()), "reject");
      assert.match((first("filter-error").error as Error).message, /answered version|was not offered/);
    });
  });
}

test("progress at end of message extends the time for it", async () => {
  await behindRaw({ "end-timeout": "20s" }, async (raw, { open, of }) => {
    const mta = await open();
    raw.react = ({ letter }) => letter === "E" ? "ignore" : undefined;
    const verdict = send(mta);
    await until(() => raw.letters().endsWith("E"));
    for (let i = 0; i < 5; i++) {
      raw.clock.advance(15_000);
      raw.sendToAll(packet("p"));
      await until(() => raw.clock.left(20_000) === 20_000, "the wait begins anew");
    }
    raw.sendToAll(packet("c"));
    assert.equal(await verdict, "continue");
    assert.deepEqual(of("filter-error"), []);
  });
});

test("when the time of all filters is over, so is the connection to the milter, and the next message has a new one", async () => {
  await inFolder(async (folder) => {
    const raw = new RawMilter(`${folder}/raw.sock`);
    await raw.start();
    let broken = true;
    raw.react = ({ letter }) => letter === "R" && broken ? "outwait" : undefined;
    try {
      const filter = await milterFilter(raw.address, { "on-error": "reject" }, raw.clock);
      await served([filter], async ({ open, first }) => {
        const mta = await open();
        assert.equal(await send(mta), "reject");
        assert.match(String(first("filter-error").error), /FilterTimeoutError/);
        broken = false;
        assert.equal(await send(mta), "continue");
        assert.equal(raw.letters(2), "OCHMRTLLNBE");
      }, { timeouts: { callback: TIMEOUT }, clock: raw.clock });
    } finally {
      await raw.kill();
    }
  });
});

test("a milter that rejects at negotiation by leaving takes no part where that is wished", async () => {
  await behindRaw({ "on-error": "skip" }, async (raw, { open }) => {
    raw.react = () => "close";
    const mta = await open();
    assert.equal(await send(mta), "continue");
    const { connections } = raw;
    assert.equal(await send(mta), "continue");
    assert.equal(raw.connections, connections);
  });
});

test("nothing is left over when the SMTP connection ends, at whatever moment", async () => {
  for (const letter of ["O", "C", "H", "M", "R", "L", "E"]) {
    await behindRaw({}, async (raw, { open }) => {
      raw.react = (packet) => packet.letter === letter ? "ignore" : undefined;
      const opening = open({ bare: true });
      if (letter === "O") {
        await until(() => raw.packets.length > 0);
        void opening.then((mta) => mta.destroy(), () => {});
      } else {
        const mta = await opening;
        void mta.connect({ hostname: "h", family: "unknown" }).then(() => mta.helo("h")).then(() => send(mta))
          .catch(() => {});
        await until(() => raw.letters().endsWith(letter));
        mta.destroy();
      }
      await turns();
      // Nobody gives up a callback of the connection before its time, but those of a message.
      if ("OCH".includes(letter)) raw.clock.advance(TIMEOUT);
      await until(() => raw.open === 0, `no connection is open after ${letter}`);
    });
  }
});
