/**
 * Reads option values that may be patterns or named lists.
 *
 * @module
 */

import { type AddressPattern, type AddressRole, isListName, readAddressPattern } from "../address_pattern.ts";
import { type Network, readNetwork } from "../network.ts";
import type { Fail } from "../quantities.ts";
import type { Lists } from "./lists.ts";

/**
 * Reads a network, or a list of networks such as `@internal`.
 *
 * @param text the text
 * @param lists the lists that it can name
 * @param fail called for anything else
 */
export function readNetworkOrList(text: string, lists: Lists, fail: Fail): Network {
  return isListName(text) ? lists.network(text, fail) : readNetwork(text, fail);
}

/**
 * Reads a pattern of addresses, or a list of them such as `@partners`.
 *
 * @param text the text
 * @param role whose addresses they are
 * @param lists the lists that it can name
 * @param fail called for anything else
 */
export function readAddressesOrList(
  text: string,
  role: AddressRole,
  lists: Lists,
  fail: Fail,
): AddressPattern {
  return isListName(text) ? lists.addresses(text, role, fail) : readAddressPattern(text, role, fail);
}
