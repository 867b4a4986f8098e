/**
 * Puts errors of the operating system into words.
 *
 * @module
 */

/** The words for an error code: for an operation on a file, and for one on the address of a socket. */
interface Words {
  readonly file?: string;
  readonly address?: string;
}

/** The words, by the error codes of Node and Bun. */
const WORDS: Readonly<Record<string, Words>> = {
  EACCES: { file: "permission denied", address: "permission denied" },
  EPERM: { file: "permission denied", address: "permission denied" },
  ENOENT: { file: "there is no such file", address: "there is no such file or directory" },
  ENOTDIR: { file: "there is no such file" },
  EISDIR: { file: "it is a folder" },
  ELOOP: { file: "it is a link that leads to itself" },
  ENAMETOOLONG: { file: "the name is too long" },
  EMFILE: { file: "too many files are open" },
  ENFILE: { file: "too many files are open" },
  EROFS: { file: "the file system is read-only" },
  ENOSPC: { file: "the disk is full" },
  EDQUOT: { file: "the disk quota is used up" },
  EIO: { file: "the disk cannot be read or written" },
  EADDRINUSE: { address: "address in use" },
  EADDRNOTAVAIL: { address: "the address is not one of this machine" },
  ECONNREFUSED: { address: "nobody listens there" },
  ENOTFOUND: { address: "no such host" },
  EAI_AGAIN: { address: "the host name cannot be looked up right now" },
  EBADF: { address: "that descriptor is not open" },
  EINVAL: { address: "that descriptor is not a listening socket" },
  ENOTSOCK: { address: "that descriptor is not a socket" },
};

/** The error codes for errors of Deno's own sockets, which have only names. */
const CODES_OF_NAMES: Readonly<Record<string, string>> = {
  AddrInUse: "EADDRINUSE",
  AddrNotAvailable: "EADDRNOTAVAIL",
  PermissionDenied: "EACCES",
  ConnectionRefused: "ECONNREFUSED",
  NotFound: "ENOENT",
};

interface SystemError {
  readonly code?: string;
  readonly name: string;
  readonly message: string;
}

/**
 * Says why an operation on a file failed.
 *
 * @param error the error
 * @param special words for codes that mean something else here
 * @returns words for a known code, otherwise the error's own message
 */
export function systemErrorText(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const { code = "", message } = error as SystemError;
  return special[code] ?? WORDS[code]?.file ?? message;
}

/**
 * Says why listening on an address, or connecting to it, failed.
 *
 * @param error the error
 * @returns words for a known code, otherwise the error's own message
 */
export function addressErrorText(error: unknown): string {
  const { code = "", name, message } = error as SystemError;
  return WORDS[code]?.address ?? WORDS[CODES_OF_NAMES[name] ?? ""]?.address ?? message;
}

/**
 * The system's code for why listening on an address, or connecting to it, failed; it is the same on every runtime.
 *
 * @param error the error
 * @returns undefined for an error that is not the system's
 */
export function addressErrorCode(error: unknown): string | undefined {
  const { code, name } = error as SystemError;
  return typeof code === "string" && /^E[A-Z0-9_]+$/.test(code) ? code : CODES_OF_NAMES[name];
}

/**
 * The system's own message for an error, without the operation and the path: `no space left on device (ENOSPC)`. It is the
 * same on every runtime.
 *
 * @param error the error
 */
export function systemMessage(error: unknown): string {
  const { code, message } = error as SystemError;
  // Node and Bun: "ENOSPC: no space left on device, write". Deno, at times: "No space left on device (os error 28)".
  const text = message.replace(/^E[A-Z0-9]+: /, "").replace(/, \w+(?: '.*')?$| \(os error \d+\)$/, "");
  return code === undefined ? text : `${text.charAt(0).toLowerCase()}${text.slice(1)} (${code})`;
}
