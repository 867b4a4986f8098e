/**
 * Checks the settings that a program passes to the library, before anything uses them.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import { nearest } from "./nearest.ts";

/** A setting that is missing, unknown or invalid. */
export class InvalidSettingError extends RangeError {
  override readonly name = "InvalidSettingError";
  /** Always `invalid-setting`. */
  readonly code = "invalid-setting";
  /** The setting, such as `timeouts.message`. */
  readonly setting: string;
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param what whose setting it is, such as `serve`
   * @param setting the setting, such as `timeouts.message`
   * @param value the offending value
   * @param reason what is wrong, and what to write instead
   */
  constructor(what: string, setting: string, value: unknown, reason: string) {
    super(`Invalid setting of ${what}: ${reason}`);
    this.setting = setting;
    this.value = value;
  }
}

/** Checks the settings in one object. */
export class Settings {
  readonly #what: string;
  readonly #path: string;
  readonly #given: Record<string, unknown>;

  /**
   * @param what whose settings they are, such as `serve`
   * @param given the settings
   * @param known has a property for each known setting
   * @param path the name of the setting that contains them, such as `timeouts`
   * @throws {InvalidSettingError} if they are not an object, or for an unknown name, with the nearest known one
   */
  constructor(what: string, given: unknown, known: object, path = "") {
    this.#what = what;
    this.#path = path === "" ? "" : `${path}.`;
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw new InvalidSettingError(
        what,
        path,
        given,
        `${path || "it"} must be an object, got ${kindOf(given)}`,
      );
    }
    this.#given = given as Record<string, unknown>;
    const names = Object.keys(known);
    for (const name of Object.keys(given)) {
      if (Object.hasOwn(known, name)) continue;
      const meant = `${this.#path}${nearest(name, names)}`;
      this.fail(name, `there is no ${this.#path}${name}; did you mean ${meant}?`);
    }
  }

  /** The settings in a nested object, if it is given. */
  group(name: string, known: object): Settings | undefined {
    const value = this.#given[name];
    return value === undefined ? undefined : new Settings(this.#what, value, known, `${this.#path}${name}`);
  }

  /** Refuses a setting that is missing. */
  needs(name: string, example: string): void {
    if (this.#given[name] === undefined) {
      this.fail(
        name,
        `${this.#path}${name} is missing: give it, for example ${this.#path}${name}: ${example}`,
      );
    }
  }

  /** Refuses a setting that is given with another type. */
  isType(name: string, type: "string" | "boolean" | "function"): void {
    const value = this.#given[name];
    if (value === undefined || typeof value === type) return;
    const wanted = type === "string" ? "text" : type === "boolean" ? "true or false" : "a function";
    this.fail(name, `${this.#path}${name} must be ${wanted}, got ${kindOf(value)}`);
  }

  /** Refuses a setting that is given and is not one of the words. */
  isOneOf(name: string, words: readonly string[]): void {
    const value = this.#given[name];
    if (value === undefined || words.includes(value as string)) return;
    this.fail(name, `${this.#path}${name} must be one of ${words.join(", ")}, got ${shown(value)}`);
  }

  /** Refuses a setting that is given and is not a number within the limits. */
  isNumber(name: string, least: number, unit: string, most = Infinity): void {
    const value = this.#given[name];
    if (value === undefined || (typeof value === "number" && value >= least && value <= most)) return;
    const range = most === Infinity ? `${unit} from ${least} on` : `${least} to ${most} ${unit}`;
    this.fail(name, `${this.#path}${name} must be a number, ${range}, got ${shown(value)}`);
  }

  /** Refuses a setting that is given and is not a clock. */
  isClock(name: string): void {
    const clock = this.#given[name] as Partial<Clock> | null | undefined;
    if (clock === undefined || (typeof clock?.now === "function" && typeof clock.after === "function")) {
      return;
    }
    this.fail(name, `${this.#path}${name} must have the functions now and after`);
  }

  /** Refuses a setting for the given reason. */
  fail(name: string, reason: string): never {
    throw new InvalidSettingError(this.#what, `${this.#path}${name}`, this.#given[name], reason);
  }
}

/** The type of a value, in words. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

function shown(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : typeof value === "number"
    ? `${value}`
    : kindOf(value);
}
