/**
 * Reads test reports in JUnit format from Deno and Bun.
 *
 * @module
 */

/** The result of one test. */
export interface TestResult {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** Its name, with those of the suites around it. */
  readonly name: string;
  /** Its outcome. */
  readonly outcome: "passed" | "failed" | "skipped";
  /** The message of its error; empty unless it failed with one. */
  readonly error: string;
  /** How long it took. */
  readonly seconds: number;
}

const TAG = /<testsuite\b([^>]*)>|<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(?:failure|error)\b([^>]*)/;
/** Between the names of suites and tests. */
const BELOW = " > ";

/**
 * Reads a report. Deno counts a suite as a test and does not give the file of the tests in it. This follows Bun instead,
 * so that the counts of both runtimes can be compared.
 *
 * @param xml its text
 */
export function readReport(xml: string): TestResult[] {
  const results: TestResult[] = [];
  let file = "";
  for (const [, suite = "", test, body = ""] of xml.matchAll(TAG)) {
    if (test === undefined) {
      file = attribute(suite, "name");
      continue;
    }
    const isBun = / file="/.test(test);
    const suites = attribute(test, "classname");
    const name = attribute(test, "name");
    const failure = FAILURE.exec(body)?.[1];
    results.push({
      file: (isBun ? attribute(test, "file") : file).replace(/^\.\//, ""),
      name: isBun && suites !== "" ? suites + BELOW + name : name,
      outcome: failure !== undefined ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
      error: attribute(failure ?? "", "message"),
      seconds: Number(attribute(test, "time")) || 0,
    });
  }
  return withoutSuites(results);
}

/** Leaves out suites, except such as failed by themselves, and gives each test the file of its suite. */
function withoutSuites(results: readonly TestResult[]): TestResult[] {
  const suites = new Map<string, string>();
  const failedBelow = new Set<string>();
  for (const { name, outcome } of results) {
    for (let end = name.lastIndexOf(BELOW); end > 0; end = name.lastIndexOf(BELOW, end - 1)) {
      const suite = name.slice(0, end);
      suites.set(suite, "");
      if (outcome === "failed") failedBelow.add(suite);
    }
  }
  for (const { name, file } of results) if (suites.has(name)) suites.set(name, file);
  const tests = results.filter(({ name, outcome }) =>
    !suites.has(name) || (outcome === "failed" && !failedBelow.has(name))
  );
  return tests.map((test) => {
    const [suite = ""] = test.name.split(BELOW);
    const file = suites.get(suite);
    return file?.startsWith("tests/") && !test.file.startsWith("tests/") ? { ...test, file } : test;
  });
}

function attribute(text: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return value.replace(/&(lt|gt|quot|apos|amp|#\d+|#x[0-9a-f]+);/gi, (_, code: string) => {
    if (code.startsWith("#x")) return String.fromCodePoint(parseInt(code.slice(2), 16));
    if (code.startsWith("#")) return String.fromCodePoint(Number(code.slice(1)));
    return { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" }[code.toLowerCase()]!;
  });
}
