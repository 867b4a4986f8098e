import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import { makeFromValues } from "../../lib/kit/make.ts";
import { OptionError, OptionValues } from "../../lib/options/options.ts";
import { sizeLimit } from "../../filters/size_limit/size_limit.ts";
import { makeFilter, outcome } from "./support.ts";

describe("--max", () => {
  // "A: bcd" CRLF, empty line: 10 bytes.
  const header = [["A", "bcd"]] as const;

  it("counts header, empty line and body; equal passes", async () => {
    assert.deepEqual(await outcome([["max", "15B"]], { header, body: [5] }), []);
    assert.deepEqual(await outcome([["max", "15B"]], { header, body: [3, 3, 9] }), [
      "body: reject (552 5.3.4 Message too large: 16 bytes so far, limit is 15 bytes)",
    ]);
  });

  it("counts the line break of a folded value as two bytes", async () => {
    const folded = [["A", "b\n c"]] as const; // "A: b" CRLF " c" CRLF CRLF
    assert.deepEqual(await outcome([["max", "12B"]], { header: folded }), []);
    assert.deepEqual(await outcome([["max", "11B"]], { header: folded }), [
      "eoh: reject (552 5.3.4 Message too large: 12 bytes, limit is 11 bytes)",
    ]);
  });

  it("answers what the header passes when it is complete", async () => {
    assert.deepEqual(await outcome([["max", "9B"]], { header, body: [1] }), [
      "eoh: reject (552 5.3.4 Message too large: 10 bytes, limit is 9 bytes)",
    ]);
  });
});

describe("a declared SIZE", () => {
  const at = (size: string, ...given: [string, string][]) =>
    outcome([["max", "25MB"], ...given], { args: ["BODY=8BITMIME", size] });

  it("above the limit is refused at once", async () => {
    assert.deepEqual(await at("SIZE=30000000"), [
      "mail: reject (552 5.3.4 Message too large: 30 MB declared, limit is 25 MB)",
    ]);
    assert.deepEqual(await at("size=99999999999999999999"), [
      "mail: reject (552 5.3.4 Message too large: 100000000000000 MB declared, limit is 25 MB)",
    ]);
  });

  it("of the limit passes", async () => {
    assert.deepEqual(await at("SIZE=25000000"), []);
  });

  it("that is malformed is passed over", async () => {
    for (const size of ["", "-1", "30000000x", "3e9", "0x7fffffff", "100000000000000000000", " 30000000"]) {
      assert.deepEqual(await at(`SIZE=${size}`), [], size);
    }
    assert.deepEqual(await at("SIZE"), []);
  });

  it("is answered with tempfail where that is the action", async () => {
    assert.deepEqual(await at("SIZE=30000000", ["action", "tempfail"]), [
      "mail: tempfail (452 4.3.4 Message too large: 30 MB declared, limit is 25 MB)",
    ]);
  });

  it("is not believed by actions of which the client is not told", async () => {
    for (const action of ["discard", "quarantine", "mark"]) {
      assert.deepEqual(await at("SIZE=30000000", ["action", action]), [], action);
    }
  });

  it("does not matter without a limit of size", async () => {
    assert.deepEqual(await outcome([["max-headers", "5"]], { args: ["SIZE=30000000"] }), []);
  });
});

describe("limits of the header", () => {
  const header = [["A", "b"], ["C", "d"]] as const; // 6 bytes each

  it("--max-header-bytes counts all fields, not the empty line", async () => {
    assert.deepEqual(await outcome([["max-header-bytes", "12B"]], { header }), []);
    assert.deepEqual(await outcome([["max-header-bytes", "11B"]], { header }), [
      "eoh: reject (552 5.3.4 Message header too large: 12 bytes, limit is 11 bytes)",
    ]);
  });

  it("--max-headers counts fields", async () => {
    assert.deepEqual(await outcome([["max-headers", "2"]], { header }), []);
    assert.deepEqual(await outcome([["max-headers", "1"]], { header }), [
      "eoh: reject (552 5.3.4 Too many header fields: 2, limit is 1)",
    ]);
  });

  it("leave the body alone", async () => {
    assert.deepEqual(await outcome([["max-header-bytes", "12B"]], { header, body: [100_000] }), []);
    assert.equal((await makeFilter([["max-header-bytes", "12B"]])).body, undefined);
  });
});

describe("--action", () => {
  const header = [["A", "b"]] as const; // 8 bytes with the empty line
  const large = { header, body: [30, 30] };
  const limits = [["max", "20B"], ["max-headers", "5"]] as const;

  it("tempfail refuses for now", async () => {
    assert.deepEqual(await outcome([...limits, ["action", "tempfail"]], large), [
      "body: tempfail (452 4.3.4 Message too large: 38 bytes so far, limit is 20 bytes)",
    ]);
  });

  it("discard throws away", async () => {
    assert.deepEqual(await outcome([...limits, ["action", "discard"]], large), ["body: discard"]);
  });

  it("quarantine holds at the end, by the whole size", async () => {
    assert.deepEqual(await outcome([...limits, ["action", "quarantine"]], large), [
      "quarantine: Message too large: 68 bytes, limit is 20 bytes",
    ]);
    assert.deepEqual(await outcome([...limits, ["action", "quarantine"]], { header, body: [12] }), []);
  });

  it("mark lets pass, with a field", async () => {
    assert.deepEqual(await outcome([...limits, ["action", "mark"]], large), [
      "addHeader X-Size-Limit: size=68 exceeds 20",
    ]);
    assert.deepEqual(await outcome([...limits, ["action", "mark"]], { header, body: [12] }), []);
  });

  it("mark names every limit that was passed, under the name that was given", async () => {
    const given = [["max", "7B"], ["max-header-bytes", "5B"], ["max-headers", "1"]] as const;
    const message = { header: [...header, ...header] };
    assert.deepEqual(await outcome([...given, ["action", "mark"], ["mark-header", "X-Big"]], message), [
      "addHeader X-Big: size=14 exceeds 7; header-bytes=12 exceeds 5; headers=2 exceeds 1",
    ]);
  });
});

describe("--max-recipients", () => {
  const recipients = ["a@example.net", "b@example.net", "c@example.net", "d@example.net"];

  it("refuses each further recipient for now, and lets the message go on", async () => {
    assert.deepEqual(await outcome([["max-recipients", "2"]], { recipients }), [
      "rcpt c@example.net: tempfail (452 4.5.3 Too many recipients, limit is 2)",
      "rcpt d@example.net: tempfail (452 4.5.3 Too many recipients, limit is 2)",
    ]);
    assert.deepEqual(await outcome([["max-recipients", "4"]], { recipients }), []);
  });

  it("does so whatever the action", async () => {
    assert.deepEqual(
      await outcome([["max-recipients", "3"], ["max", "5B"], ["action", "mark"]], { recipients, body: [9] }),
      [
        "rcpt d@example.net: tempfail (452 4.5.3 Too many recipients, limit is 3)",
        "addHeader X-Size-Limit: size=11 exceeds 5",
      ],
    );
  });
});

describe("what the filter declares", () => {
  const terms = async (...given: [string, string][]) => {
    const { verdicts, changes } = await makeFilter(given);
    return [[...verdicts!].sort().join(" "), changes!.join(" ")];
  };

  it("is the least that its options need", async () => {
    assert.deepEqual(await terms(["max", "1MB"]), ["body eoh mail", ""]);
    assert.deepEqual(await terms(["max", "1MB"], ["action", "discard"]), ["body eoh", ""]);
    assert.deepEqual(await terms(["max-headers", "9"]), ["eoh", ""]);
    assert.deepEqual(await terms(["max-recipients", "9"]), ["rcpt", ""]);
    assert.deepEqual(await terms(["max", "1MB"], ["action", "mark"]), ["", "addHeader"]);
    assert.deepEqual(await terms(["max", "1MB"], ["action", "quarantine"], ["max-recipients", "9"]), [
      "rcpt",
      "quarantine",
    ]);
  });

  it("has callbacks only for what is counted", async () => {
    const filter = await makeFilter([["max-recipients", "9"]]);
    for (const event of ["mail", "header", "eoh", "body", "eom"] as const) {
      assert.equal(filter[event], undefined, event);
    }
  });
});

describe("a wrong option", () => {
  const cases: [given: [string, string][], option: string, message: RegExp][] = [
    [[], "max", /at least one of --max, --max-header-bytes, --max-headers, --max-recipients/],
    [[["action", "mark"]], "max", /at least one of --max,/],
    [[["max", "0"]], "max", /at least 1/],
    [[["max-recipients", "0"]], "max-recipients", /at least 1/],
    [[["max", "1MB"], ["action", "bounce"]], "action", /reject, tempfail, discard, quarantine, mark/],
    [
      [["max-recipients", "5"], ["action", "mark"]],
      "action",
      /only with one of --max, --max-header-bytes, --max-headers/,
    ],
    [[["max", "1MB"], ["mark-header", "X-A"]], "mark-header", /only with --action mark/],
    [[["max", "1MB"], ["action", "mark"], ["mark-header", "X A"]], "mark-header", /printable ASCII/],
    [
      [["max", "1MB"], ["action", "mark"], ["mark-header", "X:"]],
      "mark-header",
      /"X:" is not a header name: write X$/,
    ],
  ];
  for (const [given, option, message] of cases) {
    it(JSON.stringify(given), async () => {
      await assert.rejects(makeFilter(given), (error) => {
        assert.ok(error instanceof OptionError);
        assert.equal(error.option, option);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("is not one that is common to all filters", async () => {
    const values = new OptionValues([...optionSpecs(sizeLimit.options), ...COMMON_OPTIONS], [[
      "timeout",
      "5s",
    ], [
      "max",
      "1MB",
    ]]);
    assert.equal((await makeFromValues(sizeLimit, values)).name, "size-limit");
  });
});
