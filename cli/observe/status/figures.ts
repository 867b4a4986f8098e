/**
 * Formats numbers for the page: short, with no more digits than are accurate.
 *
 * @module
 */

/** Formats a number with separators for thousands, such as `12,345`. */
export function countText(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Formats a share, such as `3.1 %`; only a share of zero becomes `0 %`. */
export function shareText(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0 %";
  const percent = part * 100 / whole;
  if (percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** Formats a duration with a suitable unit, such as `4.2 ms`; two digits, since the histogram is no more accurate. */
export function timeText(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds >= 0.9995) return `${twoDigits(seconds)} s`;
  return `${twoDigits(seconds * 1000)} ms`;
}

function twoDigits(value: number): string {
  if (value >= 9.95) return String(Math.round(value));
  if (value >= 0.995) return value.toFixed(1);
  return value.toFixed(2);
}

/** Formats a long duration, such as `3 d 4 h`. */
export function durationText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return `${minutes} min`;
  return `${Math.floor(seconds)} s`;
}

/** Returns the time of day of an ISO time, in UTC as in the log. */
export function clockText(iso: string): string {
  return iso.slice(11, 19);
}

/** Cuts a text that is too long, without splitting a surrogate pair. */
export function startOf(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).replace(/[\ud800-\udbff]$/, "")}…`;
}
