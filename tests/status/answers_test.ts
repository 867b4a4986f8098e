// What the answers to requests let a browser do, and what they say to requests that make no sense.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { dataAnswer, pageAnswer } from "../../cli/observe/status/answers.ts";
import { busyReport, hostileReport } from "./sample.ts";
import { elements, parsePage, textOf } from "./parsed_page.ts";
import { present } from "../support/present.ts";

const query = (text: string) => new URLSearchParams(text);

describe("the page's answer", () => {
  const { status, headers, body } = pageAnswer(query(""), busyReport);

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
    assert.equal(policy.get("form-action"), "'none'");
  });

  it("is not kept, not framed, and taken for nothing but HTML", () => {
    assert.equal(headers["Cache-Control"], "no-store");
    assert.equal(headers["X-Frame-Options"], "DENY");
    assert.equal(headers["X-Content-Type-Options"], "nosniff");
    assert.equal(headers["Content-Type"], "text/html; charset=utf-8");
  });
});

describe("how far to look back", () => {
  const asked = (text: string) => {
    const minutes: number[] = [];
    const make = (wanted: number) => {
      minutes.push(wanted);
      return busyReport(wanted);
    };
    const { status } = pageAnswer(query(text), make);
    assert.equal(dataAnswer(query(text), make).status, status);
    return [status, ...minutes];
  };

  it("is half an hour unless it is asked for", () => {
    assert.deepEqual(asked(""), [200, 30, 30]);
    assert.deepEqual(asked("other=1"), [200, 30, 30]);
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
    const { status, headers, body } = dataAnswer(query("minutes=15"), busyReport);
    assert.equal(status, 200);
    assert.equal(headers["Content-Type"], "application/json");
    assert.equal(headers["Cache-Control"], "no-store");
    assert.deepEqual(JSON.parse(body), JSON.parse(JSON.stringify(busyReport(15))));
    assert.equal(JSON.parse(body).messages.series.accept.length, 15 * 6 + 1);
  });

  it("is valid whatever is sent", () => {
    const { body } = dataAnswer(query(""), hostileReport);
    assert.equal(JSON.parse(body).refusals.length, hostileReport().refusals.length);
  });
});
