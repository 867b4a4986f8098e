/**
 * Signs one message, or finds out why it is not to be signed.
 *
 * @module
 */
import { type DkimSignature, DkimSigner } from "../../lib/auth/dkim/signer.ts";
import { DkimSigningError } from "../../lib/auth/dkim/signing_error.ts";
import type { DkimSigningKey, DkimSigningOptions } from "../../lib/auth/dkim/signing_options.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import type { AddressPattern } from "../../lib/options/address_pattern.ts";
import { authorOf, type MessageAuthor } from "./author.ts";
import { addedLater, deliveredValue, type Delivery, LINE_LIMITS, longLineText } from "./delivery.ts";
import { LongLines } from "./long_lines.ts";
import { type MatchSender, refuseMismatch } from "./matching.ts";
import { loginOf, type OwnSenders, refuseStranger, type SenderContext } from "./own_senders.ts";
import { keysWithoutSignature } from "./own_signatures.ts";
import { isUnsigned, type Unsigned, unsigned } from "./reasons.ts";

/** Which messages are signed, and how. */
export interface SigningSettings {
  /** Whose mail is signed. */
  readonly senders: OwnSenders;
  /** Recipients that get no signature if there are no others. */
  readonly notTo: readonly AddressPattern[];
  /** The fields that may name the author, in lower case, the one to use first. `from` is among them. */
  readonly authorFields: readonly string[];
  /** What must fit the author. */
  readonly matchSender: MatchSender | undefined;
  /** Whether addresses in subdomains of the domain that signs fit each other. */
  readonly subdomains: boolean;
  /** The keys for an author, or why none signs. */
  readonly keysFor: (author: MessageAuthor) => readonly DkimSigningKey[] | Unsigned;
  /** How to sign. */
  readonly signing: DkimSigningOptions;
  /** The fields that are signed, in lower case. */
  readonly names: ReadonlySet<string>;
  /** Those that are signed once more than they are there, in lower case. */
  readonly oversigned: ReadonlySet<string>;
  /** The maximum number of bytes of a line; undefined: what the MTA delivers by default. */
  readonly lineLimit: number | undefined;
}

/** What is asked of the context. */
export type SigningContext = Pick<
  MessageContext<unknown, unknown>,
  "client" | "macro" | "sender" | "recipients" | "mta"
>;

/** A copy of a field: its bytes are the MTA's packet, which may be overwritten. */
interface Field {
  readonly name: string;
  readonly key: string;
  readonly nameBytes: Uint8Array;
  readonly value: Uint8Array;
}

const SIGNATURE = "dkim-signature";

/** The work on one message. */
export class MessageSigning {
  readonly #settings: SigningSettings;
  #fields: Field[] = [];
  #outcome: Unsigned | undefined;
  #signer: DkimSigner | undefined;
  #lines: LongLines | undefined;
  #delivery: Delivery | undefined;

  /** @param settings which messages are signed, and how */
  constructor(settings: SigningSettings) {
    this.#settings = settings;
  }

  /** Why the message is not signed, once that is decided: then the rest of it does not matter. */
  get outcome(): Unsigned | undefined {
    return this.#outcome;
  }

  /** Looks at who sends the message. */
  mail(context: SenderContext): void {
    this.#outcome = refuseStranger(context, this.#settings.senders);
  }

  /** Takes a header field. */
  header(field: HeaderField): void {
    if (this.#outcome !== undefined) return;
    const { names, authorFields } = this.#settings;
    const name = field.name.trimEnd();
    const key = name.toLowerCase();
    if (!names.has(key) && !authorFields.includes(key) && key !== SIGNATURE) return;
    const { nameBytes, rawValueBytes } = field;
    this.#fields.push({ name, key, nameBytes: nameBytes.slice(), value: rawValueBytes.slice() });
  }

  /** Ends the header: decides whether the message is signed, and by which keys. */
  endOfHeaders(context: SigningContext): void {
    if (this.#outcome !== undefined) return;
    const begun = this.#begin(context);
    if (isUnsigned(begun)) this.#outcome = begun;
    else this.#signer = begun;
    this.#fields = [];
  }

  /** Takes a chunk of the body. */
  body(chunk: Uint8Array): void {
    if (this.#outcome !== undefined) return;
    this.#lines?.push(chunk);
    this.#signer?.body(chunk);
    if (this.#lines?.found) this.#refuseLongLine();
  }

  /** Ends the message: the signatures, the top one first, or why there are none. */
  finish(): readonly DkimSignature[] | Unsigned {
    if (this.#lines?.found) this.#refuseLongLine();
    if (this.#outcome !== undefined) return this.#outcome;
    if (this.#signer === undefined) throw new Error("the end of the header was not announced");
    return this.#signer.finish();
  }

  #refuseLongLine(): void {
    if (this.#delivery === undefined) return;
    this.#outcome = unsigned("changed", `the body has a ${longLineText(undefined, this.#delivery)}`);
    this.#signer = undefined;
    this.#lines = undefined;
  }

  #begin(context: SigningContext): DkimSigner | Unsigned {
    const { notTo, matchSender, subdomains } = this.#settings;
    const { recipients } = context;
    if (
      notTo.length > 0 && recipients.length > 0 &&
      recipients.every(({ readings }) => readings.every((address) => matchesOne(notTo, address)))
    ) {
      return unsigned("recipients");
    }
    const author = authorOf(this.#authorValues());
    if (isUnsigned(author)) return author;
    const all = this.#settings.keysFor(author);
    if (isUnsigned(all)) return all;
    const [first] = all;
    const names = { login: loginOf(context.macro), envelope: context.sender?.mailbox ?? "" };
    const below = subdomains ? first?.domain : undefined;
    const mismatch = refuseMismatch(matchSender, author.domain, below, names);
    if (mismatch) return mismatch;
    if (first === undefined) return unsigned("no-key", `there is no key for ${author.domain}`);
    const keys = keysWithoutSignature(all, this.#valuesOf(SIGNATURE));
    if (isUnsigned(keys)) return keys;
    return this.#signerOf(keys, context.mta);
  }

  #authorValues(): ReadonlyMap<string, readonly Uint8Array[]> {
    return new Map(this.#settings.authorFields.map((name) => [name, this.#valuesOf(name)]));
  }

  #valuesOf(name: string): readonly Uint8Array[] {
    return this.#fields.filter(({ key }) => key === name).map(({ value }) => value);
  }

  #signerOf(keys: readonly DkimSigningKey[], mta: MtaKind): DkimSigner | Unsigned {
    const { signing, names, oversigned, lineLimit } = this.#settings;
    const isSimple = signing.canonicalization?.startsWith("simple") ?? false;
    const delivery = { mta, lineLimit: lineLimit ?? LINE_LIMITS[mta], isSimple };
    const signer = new DkimSigner(keys, signing);
    const added = addedLater(new Set(this.#fields.map(({ key }) => key)), oversigned, mta);
    if (added !== undefined) return unsigned("changed", added);
    for (const { name, key, nameBytes, value } of this.#fields) {
      if (!names.has(key)) continue;
      const delivered = deliveredValue(name, value, delivery);
      if ("problem" in delivered) return unsigned("changed", delivered.problem);
      signer.header(nameBytes, delivered.value);
    }
    try {
      signer.endOfHeaders();
    } catch (error) {
      if (!(error instanceof DkimSigningError)) throw error;
      return unsigned("too-large", error.message.replace(/^Cannot sign: /, ""));
    }
    this.#delivery = delivery;
    this.#lines = new LongLines(delivery.lineLimit);
    return signer;
  }
}

function matchesOne(patterns: readonly AddressPattern[], address: string): boolean {
  return patterns.some((pattern) => pattern.has(address));
}
