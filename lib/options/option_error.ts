/**
 * The error about an option.
 *
 * @module
 */

/** An option that is missing, or whose text is invalid. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** Always `invalid-option`. */
  readonly code = "invalid-option";
  /** The option's name. */
  readonly option: string;
  /** The offending text; undefined if the option is missing. */
  readonly value: string | undefined;
  /** The group that it is in, counted from 0 among all groups of its filter; undefined outside of groups. */
  readonly group: number | undefined;

  /**
   * @param option the option's name, without `--`
   * @param value the offending text; undefined if the option is missing
   * @param reason what is wrong and what to write instead
   * @param group the group that it is in, counted from 0
   */
  constructor(option: string, value: string | undefined, reason: string, group?: number) {
    super(errorStart(option, value) + reason);
    this.option = option;
    this.value = value;
    this.group = group;
  }
}

function errorStart(option: string, value: string | undefined): string {
  return value === undefined ? `Missing --${option}: ` : `Invalid --${option} ${JSON.stringify(value)}: `;
}

/** Runs work for a group of options; errors about one of them then say which group it is in. */
export function withGroup<T>(group: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OptionError) || error.group !== undefined) throw error;
    const { message, option, value } = error;
    throw new OptionError(option, value, message.slice(errorStart(option, value).length), group);
  }
}
