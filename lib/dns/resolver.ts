/**
 * The interface of resolvers, and their answers.
 *
 * An outage, the absence of a name and the absence of a type are different answers: a filter must not reject a valid
 * signature because a name server is down.
 *
 * @module
 */

/** The name has records of the type. */
export interface DnsFound<R> {
  /** Always `found`. */
  readonly status: "found";
  /** One entry per record, in the order received. */
  readonly records: readonly R[];
  /** Seconds for which the answer may be kept. */
  readonly ttl: number;
}

/** The name does not exist (`nxdomain`), or exists without records of the type (`nodata`). */
export interface DnsAbsent {
  /** Whether the name does not exist, or has no records of the type. */
  readonly status: "nxdomain" | "nodata";
  /** Seconds for which the answer may be kept. */
  readonly ttl: number;
}

/** Nothing is known about the name; a later attempt may succeed. */
export interface DnsFailure {
  /**
   * - `servfail`: the servers could not answer (SERVFAIL and every other unexpected response code)
   * - `refused`: the servers refuse to answer us
   * - `timeout`: no usable answer arrived before the deadline
   * - `malformed`: an answer arrived that is not a DNS message
   * - `network`: the servers cannot be reached
   * - `closed`: the resolver was closed
   */
  readonly status: "servfail" | "refused" | "timeout" | "malformed" | "network" | "closed";
  /** One short sentence for a log, without bytes from the network. */
  readonly reason: string;
}

/** The answer of a resolver that was closed. */
export const RESOLVER_CLOSED: DnsFailure = { status: "closed", reason: "the resolver was closed" };

/** The answer to a question for records of one type. */
export type DnsAnswer<R> = DnsFound<R> | DnsAbsent | DnsFailure;

/**
 * The answer to a question for TXT records. The strings of a record are joined without a separator; each character is one
 * byte (latin1).
 */
export type TxtAnswer = DnsAnswer<string>;

/** A host that takes mail for a name (RFC 1035 section 3.3.9). */
export interface MxRecord {
  /** Hosts with lower numbers are tried first; 0 to 65535. */
  readonly preference: number;
  /** The host, in lower case without the final dot; empty if the name takes no mail (RFC 7505). */
  readonly exchange: string;
}

/** What the records of each type say. */
export interface DnsRecordData {
  /** Texts. */
  readonly TXT: string;
  /** IPv4 addresses. */
  readonly A: string;
  /** IPv6 addresses. */
  readonly AAAA: string;
  /** Hosts that take mail. */
  readonly MX: MxRecord;
  /** Names of an address. */
  readonly PTR: string;
}

/** Looks up TXT records: all that DKIM needs. */
export interface TxtResolver {
  /**
   * Looks up the TXT records of `name`. A resolver with a cache returns the same object for the same cached answer, so
   * anything derived from an answer can be kept in a `WeakMap`.
   *
   * @param name a domain name in ASCII (A-labels), with or without the final dot; case does not matter
   * @param signal aborts the lookup: the promise rejects with the signal's reason
   * @throws {TypeError} (as a rejection) if `name` is not a domain name
   */
  resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer>;

  /**
   * The answer that a lookup would get immediately from the cache, so that the caller needs no time limit. Undefined if
   * there is none; a resolver without a cache leaves the method out.
   *
   * @param type which records
   * @param name as {@linkcode normalizeName} returns it
   */
  cached?<T extends keyof DnsRecordData>(type: T, name: string): DnsAnswer<DnsRecordData[T]> | undefined;

  /** Ends all lookups in progress; they and later ones answer `closed`. Idempotent. */
  close(): void;
}

/**
 * Looks up records of all types that checking mail needs. Every method follows aliases (CNAME), and takes and throws what
 * {@link TxtResolver.resolveTxt} does.
 */
export interface Resolver extends TxtResolver {
  /** Looks up IPv4 addresses: `192.0.2.1`. */
  resolveA(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>>;

  /** Looks up IPv6 addresses, as RFC 5952 writes them: `2001:db8::1`. */
  resolveAaaa(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>>;

  /** Looks up the hosts that take mail for `name`. */
  resolveMx(name: string, signal?: AbortSignal): Promise<DnsAnswer<MxRecord>>;

  /**
   * Looks up names of an address, in lower case without the final dot. The owner of the address chooses them: a name
   * may have any character; a dot or a backslash inside a label is escaped with a backslash.
   *
   * @param name the name for the reverse lookup, as `reverseName` returns it
   */
  resolvePtr(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>>;
}

/**
 * Normalizes a name for comparing and caching: lower case, without the final dot. A space is allowed, since the macro
 * `%_` of SPF (RFC 7208 section 7.1) produces one.
 *
 * @throws {TypeError} if `name` has an empty label, a label over 63 characters, a character that is not printable
 * ASCII, or more than 253 characters in all (RFC 1035 section 2.3.4)
 */
export function normalizeName(name: string): string {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  if (bare === "" || bare.length > 253) {
    throw new TypeError(`Cannot use a domain name of ${bare.length} characters: 1 to 253 are allowed`);
  }
  let label = 0;
  for (let i = 0; i <= bare.length; i++) {
    const code = i < bare.length ? bare.charCodeAt(i) : 0x2e;
    if (code === 0x2e) {
      if (label === 0 || label > 63) {
        throw new TypeError(`Cannot use a label of ${label} characters: 1 to 63 are allowed`);
      }
      label = 0;
    } else if (code < 0x20 || code >= 0x7f || code === 0x5c) {
      throw new TypeError("Cannot use a domain name which is not printable ASCII: convert it to A-labels");
    } else {
      label++;
    }
  }
  return bare.toLowerCase();
}
