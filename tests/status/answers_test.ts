// What the answers to requests let a browser do, and what they say to requests that make no sense.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import {
  dataAnswer,
  logAnswer,
  messageAnswer,
  messagesAnswer,
  pageAnswer,
} from "../../cli/observe/status/answers.ts";
import { busyReport, hostileReport } from "./sample.ts";
import { STATES } from "./states.ts";
import { attribute, elements, parsePage, textOf } from "./parsed_page.ts";
import { present } from "../support/present.ts";

const query = (text: string) => new URLSearchParams(text);

const BUSY = STATES.busy();

const PAGES = {
  overview: pageAnswer(query(""), BUSY),
  messages: messagesAnswer(query("q=example"), BUSY),
  message: messageAnswer(query("id=a-1"), BUSY),
  log: logAnswer(query(""), BUSY),
};

for (const [name, { status, headers, body }] of Object.entries(PAGES)) {
  describe(`the answer with the ${name}`, () => {
    it("lets the page's own style and script run, and nothing else", () => {
      assert.equal(status, 200);
      const policy = new Map(
        present(headers["Content-Security-Policy"], "the policy").split("; ").map((part) =>
          part.split(" ", 2) as [string, string]
        ),
      );
      const all = elements(parsePage(body).document);
      for (const tag of ["style", "script"]) {
        const content = textOf(all.find(({ tagName }) => tagName === tag)!);
        const hash = createHash("sha256").update(content).digest("base64");
        assert.equal(policy.get(`${tag}-src`), `'sha256-${hash}'`);
      }
      assert.equal(policy.get("default-src"), "'none'");
      assert.equal(policy.get("connect-src"), "'self'");
      assert.equal(policy.get("frame-ancestors"), "'none'");
      assert.equal(policy.get("base-uri"), "'none'");
      assert.equal(policy.get("form-action"), "'self'");
    });

    it("is not kept, not framed, and taken for nothing but HTML", () => {
      assert.equal(headers["Cache-Control"], "no-store");
      assert.equal(headers["X-Frame-Options"], "DENY");
      assert.equal(headers["X-Content-Type-Options"], "nosniff");
      assert.equal(headers["Content-Type"], "text/html; charset=utf-8");
    });
  });
}

describe("how far to look back", () => {
  const asked = (text: string) => {
    const minutes: number[] = [];
    const make = (wanted: number) => {
      minutes.push(wanted);
      return busyReport(wanted);
    };
    const source = { ...BUSY, report: make };
    const { status } = pageAnswer(query(text), source);
    assert.equal(dataAnswer(query(text), source).status, status);
    return [status, ...minutes];
  };

  it("is half an hour unless it is asked for", () => {
    assert.deepEqual(asked(""), [200, 30, 30]);
    assert.deepEqual(asked("other=1"), [200, 30, 30]);
  });

  it("is as far as there are figures, if that is less", () => {
    const shown = (text: string) =>
      /<a href="\?minutes=(\d+)" aria-current/.exec(pageAnswer(query(text), STATES.started()).body)?.[1];
    assert.equal(shown(""), "5");
    assert.equal(shown("minutes=30"), "30");
  });

  it("is from 1 to 30 minutes", () => {
    assert.deepEqual(asked("minutes=1"), [200, 1, 1]);
    assert.deepEqual(asked("minutes=30"), [200, 30, 30]);
  });

  it("is refused where it makes no sense", () => {
    for (const wrong of ["0", "31", "-5", "1e1", "5.5", "", "abc", "999999999999", "<b>"]) {
      assert.deepEqual(asked(`minutes=${encodeURIComponent(wrong)}`), [400], wrong);
    }
  });
});

describe("the data", () => {
  it("is what the page shows, as JSON", () => {
    const { status, headers, body } = dataAnswer(query("minutes=15"), BUSY);
    assert.equal(status, 200);
    assert.equal(headers["Content-Type"], "application/json");
    assert.equal(headers["Cache-Control"], "no-store");
    assert.deepEqual(JSON.parse(body), JSON.parse(JSON.stringify(busyReport(15))));
    assert.equal(JSON.parse(body).messages.series.accept.length, 15 * 6 + 1);
  });

  it("is valid whatever is sent", () => {
    const { body } = dataAnswer(query(""), STATES.hostile());
    assert.equal(JSON.parse(body).refusals.length, hostileReport().refusals.length);
  });
});

describe("a search", () => {
  const searched = (text: string) => {
    const { status, body } = messagesAnswer(query(text), BUSY);
    const found = elements(parsePage(body).document).find((each) =>
      attribute(each, "id") === "results-title"
    )!;
    return [status, textOf(found)];
  };

  it("finds what was asked for", () => {
    assert.deepEqual(searched("id=4fRk1003Tz"), [200, "1 message"]);
    assert.deepEqual(searched("limit=3"), [200, "3 messages, and there are older ones"]);
    assert.deepEqual(searched("from=nobody@nowhere.example"), [200, "No message found"]);
  });

  it("says what is wrong with a question that makes no sense, and searches nothing", () => {
    const [status, text] = searched("since=yesterday");
    assert.equal(status, 400);
    assert.match(String(text), /^Invalid search: since: want how long ago/);
    assert.equal(searched("outcome=lost")[0], 400);
    assert.equal(searched("colour=red")[0], 400);
    assert.equal(logAnswer(query("level=loud"), BUSY).status, 400);
  });

  it("has no page of a message that is not kept", () => {
    assert.equal(messageAnswer(query("id=zz-1"), BUSY).status, 404);
    assert.equal(messageAnswer(query(""), BUSY).status, 400);
    assert.match(messageAnswer(query("id=zz-1"), BUSY).body, /No message with this id is kept/);
  });

  it("finds a message by its queue id", () => {
    const { status, body } = messageAnswer(query("id=4fRk1003Tz"), BUSY);
    assert.equal(status, 200);
    assert.match(body, /<title>Milterkit: message 4fRk1003Tz</);
  });
});
