// The filter greylist with a clock that is turned by hand, and records in place of DNS.
import { loadFilters } from "../../cli/config/filter_arguments.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { storeFor } from "../../lib/store/namespace.ts";
import type { Store } from "../../lib/store/store.ts";
import { deliver, type Delivered, type TestClient, TestClock, type TestMail } from "../../lib/testing.ts";
import { at } from "../support/present.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A domain that permits a pool of clients, and others. */
export const RECORDS = `
pool.example       "v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 -all"
strict.example     "v=spf1 ip4:192.0.2.99 -all"
soft.example       "v=spf1 ~all"
neutral.example    "v=spf1 ?all"
broken.example     "v=spf1 ip4:nonsense"
down.example       SERVFAIL
mta.pool.example   "v=spf1 a -all"
mta.pool.example   A 198.51.100.7
`;

/** What a greylist is made with. */
export interface Setup {
  /** Records in place of DNS. */
  readonly records?: string | Resolver;
  /** The filters before it, each a name and its options. */
  readonly before?: readonly (readonly [name: string, ...args: string[]])[];
}

/** A message to a greylist. */
export interface Sent extends TestMail, Omit<TestClient, "client"> {
  /** The client's address. */
  readonly address?: string;
  /** The client's name, as the MTA says it. */
  readonly name?: string;
}

/** A greylist, and what belongs to it. */
export class Rig {
  readonly clock = new TestClock();
  /** The state of the service. */
  backend: Store = new MemoryStore({ clock: this.clock });
  #filters: readonly MadeFilter[] = [];

  /** Makes it with options as on a command line. */
  static async make(options: string = "", setup: Setup = {}): Promise<Rig> {
    const rig = new Rig();
    await rig.remake(options, setup);
    return rig;
  }

  /** Makes it anew, as a reload does. */
  async remake(options: string = "", { records = RECORDS, before = [] }: Setup = {}): Promise<void> {
    const resolver = typeof records === "string" ? parseRecordsFile(records) : records;
    const store = (filter: string, name: string) => storeFor(this.backend, filter, name);
    const args = options.split(" ").filter((word) => word !== "");
    const pieces = [...before, ["greylist", ...args] as const].map(([name, ...args]) => ({ name, args }));
    const made = await loadFilters(pieces, [], "milterkit serve", { clock: this.clock, resolver, store });
    this.#filters = made.map(({ filter }) => filter);
  }

  /** Sends a message: by default from a client without a name, of a domain without a record. */
  async send({ address = "192.0.2.1", name = `[${address}]`, ...mail }: Sent = {}): Promise<Delivered> {
    const client = { hostname: name, address };
    return await deliver(this.#filters, { clock: this.clock, helo: "mail.example.com", client, ...mail });
  }

  /** How many recipients there were with a result. */
  count(result: string): number {
    return at(this.#filters, -1).metrics.count("recipients_total", { result });
  }
}

/** What the filter said of a message for the log. */
export function remarksOf({ notes }: Delivered): string[] {
  return notes.flatMap(({ filter, remark }) => filter === "greylist" && remark !== undefined ? [remark] : []);
}
