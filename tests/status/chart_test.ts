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
  it("draws each layer from the bottom, and nothing where there is nothing", () => {
    const layers = [
      { kind: "accept", values: [16, 0, 4, null] },
      { kind: "reject", values: [4, 0, 0, 0] },
      { kind: "abort", values: [0, 0, 0, 0] },
    ];
    assert.deepEqual(paths(areaChart(layers, { title: "t", top: 16 })), {
      accept: "M0 100V0H1V100ZM2 100V50H3V100Z",
      reject: "M0 100V50H1V100Z",
    });
  });

  it("joins columns next to each other", () => {
    const { accept } = paths(areaChart([{ kind: "accept", values: [1, 4] }], { title: "t", top: 4 }));
    assert.equal(accept, "M0 100V50H1V0H2V100Z");
  });

  it("keeps the usual visible beside a burst, and what is not zero in any case", () => {
    const { accept } = paths(
      areaChart([{ kind: "accept", values: [1, 100, 10_000] }], { title: "t", top: 10_000 }),
    );
    assert.equal(accept, "M0 100V97H1V90H2V0H3V100Z");
  });

  it("says something of each column that has anything to say", () => {
    const { text } = areaChart([{ kind: "accept", values: [1, 0, 3] }], {
      title: "all",
      top: 3,
      column: (i) => i === 1 ? undefined : `<${i}>`,
    });
    assert.deepEqual([...text.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title), [
      "&lt;0&gt;",
      "&lt;2&gt;",
    ]);
    assert.match(text, /aria-label="all"/);
  });

  it("shades what is from before the first count", () => {
    const { text } = areaChart([{ kind: "accept", values: [0, 0, 3] }], { title: "t", top: 3, missing: 2 });
    assert.match(text, /<rect class="missing" x="0" y="0" width="2" height="100"\/>/);
    assert.doesNotMatch(areaChart([{ kind: "accept", values: [1] }], { title: "t", top: 1 }).text, /missing/);
  });
});

describe("bandChart", () => {
  it("breaks the line where there is nothing, and shows a figure that stands alone", () => {
    const line = { kind: "p50", values: [1, null, 1, 4, null] };
    const area = { kind: "p99", values: [4, null, 4, 4, null] };
    assert.deepEqual(paths(bandChart(line, area, { title: "t", top: 4 })), {
      "line p50": "M0 50L0.5 50H1M2 50L2.5 50L3.5 0H4",
      "p99": "M0 100V0H1V100ZM2 100V0H3V0H4V100Z",
    });
  });

  it("draws nothing of nothing", () => {
    const none = { kind: "p50", values: [null, null] };
    assert.deepEqual(paths(bandChart(none, none, { title: "t", top: 0 })), {});
  });
});

describe("roundTop", () => {
  it("is no less than the figure, at most a half more, and has a whole quarter", () => {
    for (let most = 12; most < 1e6; most = Math.ceil(most * 1.07)) {
      const top = roundTop(most);
      assert.ok(top >= most && top <= most * 1.5, `${top} for ${most}`);
      assert.ok(Number.isInteger(top / 4), String(top));
    }
  });

  it("is 12 for little or nothing", () => {
    assert.deepEqual([0, 1, 9.5, 12].map(roundTop), [12, 12, 12, 12]);
  });
});
