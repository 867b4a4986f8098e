// Charts: what is drawn where, gaps, and round figures for the scale.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { areaChart, bandChart, roundTop } from "../../cli/observe/status/chart.ts";
import type { Markup } from "../../cli/observe/status/markup.ts";

/** The shapes of a chart by their class. */
function paths({ text }: Markup): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/<path class="([^"]+)" d="([^"]+)"\/>/g)].map((m) => [m[1], m[2]]),
  );
}

describe("areaChart", () => {
  it("draws each layer on top of those before, and nothing where there is nothing", () => {
    const layers = [
      { kind: "accept", values: [5, 0, 0, 10] },
      { kind: "reject", values: [5, 0, 5, 0] },
      { kind: "abort", values: [0, 0, 0, 0] },
    ];
    assert.deepEqual(paths(areaChart(layers, 10, { title: "t" })), {
      accept: "M0 100V50H1V100H0ZM3 100V0H4V100H3Z",
      reject: "M0 50V0H1V50H0ZM2 100V50H3V100H2Z",
    });
  });

  it("joins columns next to each other", () => {
    const { accept } = paths(areaChart([{ kind: "accept", values: [1, 2] }], 2, { title: "t" }));
    assert.equal(accept, "M0 100V50H1V0H2V100H1V100H0Z");
  });

  it("says something of each column that has anything", () => {
    const { text } = areaChart([{ kind: "accept", values: [1, 0, 3] }], 3, {
      title: "all",
      column: (i) => `<${i}>`,
    });
    assert.deepEqual([...text.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title), [
      "&lt;0&gt;",
      "&lt;2&gt;",
    ]);
    assert.match(text, /aria-label="all"/);
  });
});

describe("bandChart", () => {
  it("breaks the line where there is nothing, and shows a figure that stands alone", () => {
    const line = { kind: "p50", values: [1, null, 1, 2, null] };
    const area = { kind: "p99", values: [2, null, 2, 2, null] };
    assert.deepEqual(paths(bandChart(line, area, 2, { title: "t" })), {
      "line p50": "M0 50L0.5 50H1M2 50L2.5 50L3.5 0H4",
      "p99": "M0 100V0H1V100H0ZM2 100V0H3V0H4V100H3V100H2Z",
    });
  });

  it("draws nothing of nothing", () => {
    const none = { kind: "p50", values: [null, null] };
    assert.deepEqual(paths(bandChart(none, none, 0, { title: "t" })), {});
  });
});

describe("roundTop", () => {
  it("is no less than the figure, at most a half more, and has a whole half", () => {
    for (let most = 10; most < 1e6; most = Math.ceil(most * 1.07)) {
      const top = roundTop(most);
      assert.ok(top >= most && top <= most * 1.5, `${top} for ${most}`);
      assert.ok(Number.isInteger(top / 2), String(top));
    }
  });

  it("is 10 for little or nothing", () => {
    assert.deepEqual([0, 1, 9.5, 10].map(roundTop), [10, 10, 10, 10]);
  });
});
