/**
 * Lua scripts that run atomically on the server, for Redis 3.2 and later and for Valkey. They use the server's clock,
 * since the clocks of the machines that share it differ, and one key each.
 *
 * An entry is a string: `t` and a text, or `j` and the text as JSON; `s` and when it was first seen; `r`, what a bucket
 * held, and when it held that. Times are milliseconds since 1970.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A script. */
export interface ServerScript {
  /** Its text. */
  readonly text: string;
  /** The id by which the server knows it once it has run: its SHA-1, in hexadecimal. */
  readonly sha: string;
}

/**
 * Servers before Redis 7 refuse to write after the clock was read, unless they are told to replicate effects instead of
 * the script.
 */
const PROLOGUE = `
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local entry = redis.call('GET', KEYS[1])
`;

/**
 * Records a sighting. Arguments: the lifetime; `first` or `last`, the sighting from which it counts. Returns the
 * milliseconds since the first sighting; -1 if this is the first; the letter of an entry of another kind. If the
 * server's clock was set back so that the first sighting is in the future, it becomes now: otherwise a sender would
 * have to wait until the clock has caught up.
 */
export const SEEN: ServerScript = script(`${PROLOGUE}
if not entry then
  redis.call('SET', KEYS[1], string.format('s%.17g', now), 'PX', ARGV[1])
  return -1
end
if string.sub(entry, 1, 1) ~= 's' then return string.sub(entry, 1, 1) end
local since = tonumber(string.sub(entry, 2))
if since > now then
  redis.call('SET', KEYS[1], string.format('s%.17g', now), 'PX', ARGV[1])
  return 0
end
if ARGV[2] == 'last' then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return math.floor(now - since)
`);

/**
 * Takes from a bucket, with the arithmetic of `takeFrom` in `../bucket.ts`. Arguments: count, per, burst, amount, the
 * longest lifetime. Returns whether there was enough (1 or 0), what is left, and the wait; the letter of an entry of
 * another kind.
 */
export const TAKE: ServerScript = script(`${PROLOGUE}
local count, per, burst, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local rounding = 1e-6
local at, level = now, burst
if entry then
  local held, since = string.match(entry, '^r(%S+) (%S+)$')
  if not held then return string.sub(entry, 1, 1) end
  since = tonumber(since)
  at = math.min(math.max(since, now), now + burst * per / count)
  level = math.min(burst, tonumber(held) + math.max(0, now - since) * count / per)
end
if level < amount - rounding then
  local wait = math.ceil(at - now + (amount - level) * per / count - rounding)
  return {0, math.floor(level + rounding), wait}
end
local rest = math.max(0, level - amount)
if amount > 0 then
  local life = math.max(1, math.ceil(at - now + (burst - rest) * per / count))
  local kept = string.format('r%.17g %.17g', rest, at)
  redis.call('SET', KEYS[1], kept, 'PX', string.format('%.0f', math.min(life, tonumber(ARGV[5]))))
end
return {1, math.floor(rest + rounding), 0}
`);

function script(text: string): ServerScript {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
