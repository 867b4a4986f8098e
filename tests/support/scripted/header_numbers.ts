/**
 * Finds header fields by name and number, as `smfi_chgheader` counts them. Milterkit's API has a handle for each field
 * instead.
 *
 * @module
 */

import type { EndOfMessage, HeaderField } from "../../../mod.ts";
import { fromBytes, lowerCase, toBytes } from "./bytes.ts";
import type { Mta } from "./mta.ts";

/** Makes a change, once it is known what becomes of the field. */
export type HeaderChange = (message: EndOfMessage) => void;

/** A place in the MTA's header. */
interface Place {
  /** The field's name in lower case; empty for fields of the MTA's own, which have no number. */
  readonly key: string;
  /** The field as the filter was shown it; undefined for one that the script brings. */
  readonly field: HeaderField | undefined;
  /** Whether it is there. */
  present: boolean;
  /** The value that the script gave it. */
  value: string;
}

/** Fields of an MTA's own stand before all others, and an index counts them: Received, and what sendmail.cf declares. */
const OWN_FIELDS: Record<Mta, number> = { postfix: 1, sendmail: 9 };

const NOTHING: HeaderChange = () => {};

/**
 * The header of a message while a script changes it. Both MTAs carry changes out one after the other, so a number means
 * another field after each: Postfix counts the fields that there are; Sendmail goes on counting deleted ones, and a
 * change brings them back.
 *
 * The API gives no handle for a field that the script itself brings, so changes of that are made when it is brought.
 * Therefore nothing is done at once: each method answers what is to be done after the last of them was called.
 *
 * What the API cannot say: Postfix takes the spelling of a changed name from the change; a deletion of a field that is
 * not there keeps Sendmail from adding its own; an added field leaves an empty place to Sendmail when it is deleted.
 */
export class HeaderNumbers {
  readonly #mta: Mta;
  readonly #places: Place[] = [];

  /**
   * @param headers the header as the filter is shown it
   * @param mta whose ways to follow
   */
  constructor(headers: Iterable<HeaderField>, mta: Mta) {
    this.#mta = mta;
    for (let i = 0; i < OWN_FIELDS[mta]; i++) this.#places.push(newPlace("", "", undefined));
    for (const field of headers) this.#places.push(newPlace(fromBytes(field.nameBytes), "", field));
  }

  /** `smfi_addheader` */
  add(name: string, value: string): HeaderChange {
    const place = newPlace(name, value, undefined);
    // Sendmail puts it before the first of its name.
    const first = this.#mta === "sendmail" ? this.#places.findIndex(({ key }) => key === place.key) : -1;
    this.#places.splice(first < 0 ? this.#places.length : first, 0, place);
    return (message) => {
      if (place.present) message.addHeader(name, toBytes(place.value));
    };
  }

  /** `smfi_insheader` */
  insert(index: number, name: string, value: string): HeaderChange {
    const place = newPlace(name, value, undefined);
    // Sendmail puts it behind the field that the index counts to.
    this.#places.splice(this.#mta === "sendmail" ? index + 1 : index, 0, place);
    return (message) => {
      if (place.present) message.insertHeader(index, name, toBytes(place.value));
    };
  }

  /** `smfi_chgheader`; a field that is not there is added, an empty value deletes. */
  change(name: string, number: number, value: string): HeaderChange {
    if (value === "") return this.delete(name, number);
    const place = this.#find(name, number);
    if (!place) return this.add(name, value);
    place.present = true;
    place.value = value;
    const { field } = place;
    return field ? (message) => message.changeHeader(field, toBytes(value)) : NOTHING;
  }

  /** `smfi_chgheader` without a value; where there is no such field nothing happens. */
  delete(name: string, number: number): HeaderChange {
    const place = this.#find(name, number);
    if (!place) return NOTHING;
    place.present = false;
    const { field } = place;
    return field ? (message) => message.deleteHeader(field) : NOTHING;
  }

  #find(name: string, number: number): Place | undefined {
    const wanted = lowerCase(name);
    const counted = this.#places.filter(({ key, present }) =>
      key === wanted && (present || this.#mta === "sendmail")
    );
    // To both MTAs 0 is the first.
    return counted[Math.max(number, 1) - 1];
  }
}

function newPlace(name: string, value: string, field: HeaderField | undefined): Place {
  return { key: lowerCase(name), field, present: true, value };
}
