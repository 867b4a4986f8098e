// The colours of text can be told from what they stand on, in the light and in the dark.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STYLE } from "../../cli/observe/status/style.ts";
import { at } from "../support/present.ts";

/** Colours of text. */
const TEXT = ["text", "quiet", "reject-text", "tempfail-text", "discard-text", "accept-text", "link"];
/** What text stands on. */
const GROUND = ["ground", "raised"];

/** How much red, green and blue count. */
const WEIGHTS = [0.2126, 0.7152, 0.0722];

/** The share of light that a colour gives back, as WCAG works it out. */
function luminance(colour: string): number {
  const digits = colour.length === 4
    ? [...colour.slice(1)].map((digit) => digit + digit)
    : colour.slice(1).match(/../g)!;
  const parts = digits.map((pair) => {
    const part = parseInt(pair, 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return WEIGHTS.reduce((sum, weight, i) => sum + weight * at(parts, i), 0);
}

function contrast(a: string, b: string): number {
  const shares = [luminance(a), luminance(b)];
  return (Math.max(...shares) + 0.05) / (Math.min(...shares) + 0.05);
}

const schemes = STYLE.match(/:root \{[^}]+\}/g)!.map((block) =>
  new Map([...block.matchAll(/--([\w-]+): (#\w+);/g)].map(([, name = "", colour = ""]) => [name, colour]))
);

describe("the style", () => {
  it("has the same colours for light and dark", () => {
    assert.equal(schemes.length, 2);
    const [light, dark] = schemes.map((scheme) => [...scheme.keys()].sort());
    assert.deepEqual(light, dark);
  });

  it("has text that can be read", () => {
    for (const [i, scheme] of schemes.entries()) {
      for (const text of TEXT) {
        for (const ground of GROUND) {
          const found = contrast(scheme.get(text)!, scheme.get(ground)!);
          assert.ok(found >= 4.5, `${["light", "dark"][i]}: ${text} on ${ground} has ${found.toFixed(2)}`);
        }
      }
    }
  });

  it("has marks in charts that can be seen", () => {
    for (const [i, scheme] of schemes.entries()) {
      for (const mark of ["reject", "tempfail", "discard", "accept-text"]) {
        const found = contrast(scheme.get(mark)!, scheme.get("raised")!);
        assert.ok(found >= 2.4, `${["light", "dark"][i]}: ${mark} has ${found.toFixed(2)}`);
      }
    }
  });

  it("uses no colour that it does not name", () => {
    const used = new Set([...STYLE.matchAll(/var\(--([\w-]+)\)/g)].map(([, name = ""]) => name));
    for (const name of used) assert.ok(at(schemes, 0).has(name), name);
  });
});
