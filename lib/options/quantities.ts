/**
 * Parses numbers, sizes and durations as people write them.
 *
 * @module
 */

/** Throws an error about the text being parsed; the reason says what is wrong with it and what to write instead. */
export type Fail = (reason: string) => never;

/** The limits of a value. */
export interface Bounds {
  /** The minimum value. */
  readonly min?: number;
  /** The maximum value. */
  readonly max?: number;
}

// As in the GNU tools: MB is a million, MiB and M are 1024 * 1024.
const SIZES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["k", 1024],
  ["kb", 1000],
  ["kib", 1024],
  ["m", 1024 ** 2],
  ["mb", 1000 ** 2],
  ["mib", 1024 ** 2],
  ["g", 1024 ** 3],
  ["gb", 1000 ** 3],
  ["gib", 1024 ** 3],
]);
const DURATIONS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/**
 * Parses a whole number.
 *
 * @param text decimal digits
 * @param bounds its limits
 * @param fail called for anything else
 */
export function parseInteger(text: string, bounds: Bounds, fail: Fail): number {
  if (/^\d+$/.test(text)) {
    refuseLeadingZero(text, "", fail);
    return bounded(Number(text), bounds, String, fail);
  }
  const grouped = withoutGroups(text);
  return fail(grouped ? `write ${grouped}` : "want a whole number, such as 100");
}

/**
 * Parses a size in bytes.
 *
 * @param text such as `25MB`, `64KiB`, `1000`
 * @param bounds its limits
 * @param unitBelow a smaller number needs a unit, since the unit was probably forgotten
 * @param fail called for anything else
 */
export function parseSize(text: string, bounds: Bounds, unitBelow: number, fail: Fail): number {
  const { digits, unit, factor } = numberWithUnit(text, "a size, such as 25MB, 64KiB or 1000", SIZES, fail);
  if (unit === "" && Number(digits) > 0 && Number(digits) < unitBelow) {
    return fail(`write ${digits}MB${digits.includes(".") ? "" : `, or ${digits}B if you mean bytes`}`);
  }
  if (factor === 1 && digits.includes(".")) return fail("bytes must be a whole number");
  return bounded(Math.round(Number(digits) * factor), bounds, sizeOption, fail);
}

/**
 * Parses a duration in milliseconds.
 *
 * @param text such as `8s`, `500ms`, `1.5h`
 * @param bounds its limits
 * @param fail called for anything else
 */
export function parseDuration(text: string, bounds: Bounds, fail: Fail): number {
  const { digits, unit, factor } = numberWithUnit(
    text,
    "a time, such as 8s, 500ms, 2m or 1d",
    DURATIONS,
    fail,
  );
  if (unit === "") {
    const isWhole = /^[1-9]\d*$/.test(digits);
    return fail(`write ${digits}s${isWhole ? `, or ${digits}ms if you mean milliseconds` : ""}`);
  }
  if (unit === "ms" && digits.includes(".")) return fail("milliseconds must be a whole number");
  return bounded(Math.round(Number(digits) * factor), bounds, formatDuration, fail);
}

/** The digits, the unit in lower case ("" for none), and its factor (1 for none). */
function numberWithUnit(
  text: string,
  wanted: string,
  units: ReadonlyMap<string, number>,
  fail: Fail,
): { digits: string; unit: string; factor: number } {
  const [, digits, letters = ""] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const unit = letters.toLowerCase();
  const factor = unit === "" ? 1 : units.get(unit);
  if (digits !== undefined && factor !== undefined) {
    refuseLeadingZero(digits, letters, fail);
    return { digits, unit, factor };
  }
  const grouped = withoutGroups(text);
  return fail(grouped ? `write ${grouped}` : `want ${wanted}`);
}

/** In C, JSON and TOML a number with a leading zero is octal or invalid. */
function refuseLeadingZero(digits: string, unit: string, fail: Fail): void {
  if (/^0\d/.test(digits)) fail(`write ${digits.replace(/^0+(?=\d)/, "")}${unit}, without the 0 in front`);
}

/** `10,000` and `10_000` as `10000`; undefined if there are no groups of three digits. */
function withoutGroups(text: string): string | undefined {
  const [, first, groups = "", unit] = /^([1-9]\d{0,2})((?:[,_']\d{3})+)( ?[a-z]*)$/i.exec(text) ?? [];
  return first && first + groups.replace(/\D/g, "") + unit;
}

function bounded(
  value: number,
  { min = 0, max }: Bounds,
  text: (bound: number) => string,
  fail: Fail,
): number {
  if (!Number.isSafeInteger(value)) return fail("it is too large");
  if (value < min) return fail(`it must be at least ${text(min)}`);
  return max !== undefined && value > max ? fail(`it must be at most ${text(max)}`) : value;
}

/** Formats a size for an option, in the largest unit without a fraction: `25MB`, `64KiB`, `1B`. */
function sizeOption(bytes: number): string {
  return inLargestUnit(bytes, ["GiB", "GB", "MiB", "MB", "KiB", "KB", "B"], SIZES);
}

/** Formats a duration for an option, in the largest unit without a fraction: `10m`, `500ms`. */
export function formatDuration(milliseconds: number): string {
  return inLargestUnit(milliseconds, ["d", "h", "m", "s", "ms"], DURATIONS);
}

function inLargestUnit(
  value: number,
  units: readonly string[],
  factors: ReadonlyMap<string, number>,
): string {
  for (const unit of units) {
    const factor = factors.get(unit.toLowerCase());
    if (factor !== undefined && value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return String(value);
}
