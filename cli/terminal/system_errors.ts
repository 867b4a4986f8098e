/**
 * Errors of the operating system in words.
 *
 * @module
 */

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a folder",
  ELOOP: "it is a link that leads to itself",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EIO: "the disk cannot be read or written",
};

/**
 * Says why a file operation failed.
 *
 * @param error what the operation threw
 * @param special reasons by code, for codes that mean something else here
 * @returns the reason for a known code, otherwise the error's own message
 */
export function systemErrorText(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return special[code] ?? REASONS[code] ?? message;
}
