/** Postfix: what `milter8.c` and `cleanup_milter.c` of 3.7 do. */
import type { CaseMessage, Field } from "./case.ts";
import type { MtaModel, Place } from "./mta_model.ts";

interface Recipient {
  readonly address: string;
  /** Those of the client have an ORCPT of Postfix's own making. */
  readonly orcpt: string;
  readonly notify: string;
}

/** What cleanup takes out of a message as it comes in. */
const DROPPED = new Set(["return-path", "bcc", "resent-bcc", "content-length"]);

/** Postfix with a message. */
export class PostfixModel implements MtaModel {
  /** What no filter is shown: the field that Postfix put on top. */
  readonly #own: Place & Field = { name: "Received", raw: " by Postfix" };
  readonly #header: (Place & Field)[];
  /** What came with the message, as it came. */
  readonly #came = new Map<Place, Field>();
  readonly #touched = new Set<Place>();
  #body: string[];
  #sender: string;
  #ret = "";
  #envid = "";
  #recipients: Recipient[];
  held: string | undefined;

  constructor(message: CaseMessage) {
    this.#header = [this.#own];
    for (const { name, raw } of message.header) {
      if (DROPPED.has(name.toLowerCase())) continue;
      const place = { name, raw };
      this.#header.push(place);
      this.#came.set(place, { name, raw });
    }
    this.#body = message.body.split("\r\n").slice(0, -1);
    this.#sender = message.sender.address;
    this.#senderArguments(message.sender.args);
    this.#recipients = message.recipients.map(({ address, args = "" }) => {
      const recipient = parsedRecipient(address, args);
      return { ...recipient, orcpt: recipient.orcpt || `rfc822;${address}` };
    });
  }

  sendHeader(): (Place & Field)[] {
    return this.visible();
  }

  visible(): (Place & Field)[] {
    return this.#header.filter((place) => place !== this.#own);
  }

  sendBody(): string {
    return this.#body.map((line) => `${line}\r\n`).join("");
  }

  numberOf(place: Place): number {
    const same = this.#named(place.name);
    const at = same.indexOf(place as Place & Field);
    return at < 0 ? same.length + 1 : at + 1;
  }

  addHeader(name: string, raw: string): Place {
    const place = { name, raw: folded(raw) };
    this.#header.push(place);
    return place;
  }

  /** The index counts every field that there is, its own one too; a number without a sign. */
  insertHeader(index: number, name: string, raw: string): void {
    this.#header.splice(index >>> 0, 0, { name, raw: folded(raw) });
  }

  /** Numbers count the fields that there are and that filters are shown. */
  changeHeader(index: number, name: string, raw: string): Place | undefined {
    const place = this.#named(name)[Math.max(index, 1) - 1];
    if (place) this.#touched.add(place);
    if (raw === "") {
      if (place) this.#header.splice(this.#header.indexOf(place), 1);
      return place;
    }
    if (!place) return this.addHeader(name, raw);
    place.name = name;
    place.raw = folded(raw);
    return place;
  }

  changeFrom(address: string, args = ""): void {
    this.#sender = bare(address);
    this.#senderArguments(args);
  }

  /** Nothing, where there is a recipient already that is the same in all respects. */
  addRcpt(address: string, args = ""): void {
    const added = parsedRecipient(bare(address), args);
    const isSame = (other: Recipient) =>
      other.address === added.address && other.orcpt === added.orcpt && other.notify === added.notify;
    if (!this.#recipients.some(isSame)) this.#recipients.push(added);
  }

  deleteRcpt(address: string): void {
    this.#recipients = this.#recipients.filter((recipient) => recipient.address !== bare(address));
  }

  /** Takes lines, the last of which may lack its end. */
  replaceBody(chunks: readonly string[]): void {
    const lines = chunks.join("").split("\n");
    const last = lines.pop()!;
    this.#body = lines.map((line) => line.replace(/\r$/, ""));
    if (last !== "") this.#body.push(last);
  }

  quarantine(reason: string): void {
    this.held = reason;
  }

  lines(): string[] {
    return [
      `sender ${this.#sender}${this.#ret}${this.#envid}`,
      ...this.#recipients.map(({ address, orcpt, notify }) => `recipient ${address} ${orcpt} ${notify}`),
      `held: ${this.held}`,
      ...this.#header.map(({ name, raw }) => `header ${name}:${raw}`),
      ...this.#body.map((line) => `body ${line}`),
    ];
  }

  headerPacketsNeeded(): number {
    const brought = this.visible().filter((place) => !this.#came.has(place)).length;
    const touched = [...this.#came.keys()].filter((place) => this.#touched.has(place)).length;
    return brought + touched;
  }

  #named(name: string): (Place & Field)[] {
    return this.visible().filter((place) => place.name.toLowerCase() === name.toLowerCase());
  }

  /** Each argument replaces the one of its kind. */
  #senderArguments(args = ""): void {
    for (const arg of args.split(" ")) {
      if (arg.startsWith("RET=")) this.#ret = ` ${arg}`;
      if (arg.startsWith("ENVID=")) this.#envid = ` ${arg}`;
    }
  }
}

function parsedRecipient(address: string, args: string): Recipient {
  const value = (key: string) => args.split(" ").find((arg) => arg.startsWith(key))?.slice(key.length) ?? "";
  return { address, orcpt: value("ORCPT="), notify: value("NOTIFY=") };
}

/** Every line of a field but its first begins with white space. */
function folded(raw: string): string {
  return raw.replace(/\n(?![ \t])/g, "\n\t");
}

function bare(address: string): string {
  return address.replace(/^<(.*)>$/, "$1");
}
