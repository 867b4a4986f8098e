// All pages in all states as a browser reads them: valid HTML, whole, and nothing of a stranger's but text.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logAnswer, messageAnswer, messagesAnswer, pageAnswer } from "../../cli/observe/status/answers.ts";
import { attribute, type Element, elements, parsePage, textOf } from "./parsed_page.ts";
import { HOSTILE_TEXTS } from "./sample.ts";
import { STATES } from "./states.ts";
import { at } from "../support/present.ts";

const query = (text: string) => new URLSearchParams(text);

const PAGES = Object.fromEntries(
  Object.entries(STATES).flatMap(([state, make]) => {
    const source = make();
    const id = source.log.search({ texts: {}, limit: 1 }).found[0]?.id ?? "none-1";
    return [
      [`the ${state} overview`, pageAnswer(query(""), source)],
      [`the ${state} messages`, messagesAnswer(query("limit=30"), source)],
      [`one ${state} message`, messageAnswer(query(`id=${id}`), source)],
      [`the ${state} log`, logAnswer(query(""), source)],
    ];
  }),
);

// What somebody asks for is a stranger's text, too.
for (const [i, text] of HOSTILE_TEXTS.entries()) {
  const asked = new URLSearchParams({
    q: text.slice(0, 290),
    filter: text.slice(0, 290),
    since: text.slice(0, 290),
  });
  PAGES[`the messages for hostile text ${i + 1}`] = messagesAnswer(asked, STATES.hostile());
  PAGES[`the log for hostile text ${i + 1}`] = logAnswer(asked, STATES.hostile());
}

/** All elements that a page is made of; whatever else there is, a stranger made it. */
const KNOWN_ELEMENTS = new Set(
  ("html head meta title link noscript style body header h1 h2 p nav a span button main section dl div dt dd b ul ol " +
    "li svg path rect table thead tbody tr th td bdi time code footer script form label input select option datalist " +
    "details summary").split(" "),
);

/** Attributes that a page is made of. */
const KNOWN_ATTRIBUTES = new Set(
  ("lang charset name content rel href http-equiv id class role type hidden aria-label aria-labelledby aria-hidden " +
    "aria-current viewBox preserveAspectRatio d x y width height scope data-name title datetime action name value " +
    "placeholder maxlength autocomplete spellcheck list selected open").split(" "),
);

for (const [name, { body: page }] of Object.entries(PAGES)) {
  describe(name, () => {
    const { document, errors } = parsePage(page);
    const all = elements(document);
    const withName = (tag: string): Element[] => all.filter(({ tagName }) => tagName === tag);

    it("is valid HTML", () => {
      assert.deepEqual(errors, []);
    });

    it("consists of what it is made of alone", () => {
      assert.deepEqual(all.filter(({ tagName }) => !KNOWN_ELEMENTS.has(tagName)).map((e) => e.tagName), []);
      const attributes = new Set(all.flatMap(({ attrs }) => attrs.map((each) => each.name)));
      assert.deepEqual([...attributes].filter((each) => !KNOWN_ATTRIBUTES.has(each)), []);
      assert.equal(withName("script").length, 1);
      assert.equal(withName("style").length, 1);
    });

    it("fetches nothing from elsewhere", () => {
      const links = all.map((element) => attribute(element, "href")).filter((href) => href !== undefined);
      assert.ok(links.length >= 4);
      for (const link of links) {
        assert.match(
          link,
          /^(\.\/$|\?[\w%+.&=-]+$|#line-|(status|messages|refusals|message|log)(\.json)?(\?|$)|data:image\/svg)/,
        );
      }
      for (const form of withName("form")) assert.match(attribute(form, "action")!, /^(messages|log)$/);
      assert.doesNotMatch(textOf(at(withName("style"), 0)), /url\(|@import/);
    });

    it("names what it refers to, and each name once", () => {
      const ids = all.map((element) => attribute(element, "id")).filter((id) => id !== undefined);
      assert.deepEqual(ids.length, new Set(ids).size);
      for (const element of all) {
        const label = attribute(element, "aria-labelledby");
        if (label !== undefined) assert.ok(ids.includes(label), label);
      }
    });

    it("has a head for each column, and a cell for each head", () => {
      for (const table of withName("table")) {
        const rows = elements(table).filter(({ tagName }) => tagName === "tr");
        const [head, ...body] = rows.map((row) =>
          elements(row).filter(({ tagName }) => tagName === "th" || tagName === "td")
        );
        assert.ok(head?.every((cell) => attribute(cell, "scope") === "col"));
        for (const cells of body) assert.equal(cells.length, head?.length);
      }
    });

    it("has a label for each field of its forms", () => {
      for (const field of [...withName("input"), ...withName("select")]) {
        const labelled = attribute(field, "aria-label") !== undefined ||
          withName("label").some((label) => elements(label).includes(field));
        assert.ok(labelled, attribute(field, "name"));
        const list = attribute(field, "list");
        assert.ok(list === undefined || all.some((each) => attribute(each, "id") === list), list);
      }
    });

    it("writes no figure that is none", () => {
      assert.doesNotMatch(page, /NaN|Infinity|undefined|>null</);
    });

    it("stays small whatever is sent", () => {
      assert.ok(page.length < 300_000, String(page.length));
    });

    it("says what each chart shows", () => {
      for (const chart of withName("svg")) {
        assert.match(attribute(chart, "aria-label") ?? "", /minutes| % of the time$/);
      }
    });
  });
}

describe("one hostile message", () => {
  it("shows strangers' text as the text that it is", () => {
    const source = STATES.hostile();
    for (const [i, text] of HOSTILE_TEXTS.slice(0, 5).entries()) {
      const { body } = messageAnswer(query(`id=h-${i}`), source);
      const shown = elements(parsePage(body).document).filter(({ tagName }) => tagName === "bdi").map(textOf);
      // Everywhere that a message has a place for it.
      assert.ok(shown.filter((each) => each === at(HOSTILE_TEXTS, i)).length >= 15, text);
    }
  });
});
