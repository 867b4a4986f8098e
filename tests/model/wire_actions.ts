/** What a milter asks of an MTA at the end of a message, packet by packet. */
import type { MtaModel } from "./mta_model.ts";

/** One packet; text stands for bytes. */
export type WireAction =
  | { readonly type: "addHeader"; readonly name: string; readonly raw: string }
  | {
    readonly type: "insertHeader" | "changeHeader";
    readonly index: number;
    readonly name: string;
    /** Nothing, with `changeHeader`, deletes. */
    readonly raw: string;
  }
  | { readonly type: "changeFrom" | "addRcpt"; readonly address: string; readonly args?: string }
  | { readonly type: "deleteRcpt"; readonly address: string }
  | { readonly type: "quarantine"; readonly reason: string }
  | { readonly type: "replaceBody"; readonly chunk: string };

/** Has the MTA do all that a milter asks for. */
export function carryOut(mta: MtaModel, actions: readonly WireAction[]): void {
  const chunks: string[] = [];
  let replaced = false;
  for (const action of actions) {
    switch (action.type) {
      case "addHeader":
        mta.addHeader(action.name, action.raw);
        break;
      case "insertHeader":
        mta.insertHeader(action.index, action.name, action.raw);
        break;
      case "changeHeader":
        mta.changeHeader(action.index, action.name, action.raw);
        break;
      case "changeFrom":
        mta.changeFrom(action.address, action.args);
        break;
      case "addRcpt":
        mta.addRcpt(action.address, action.args);
        break;
      case "deleteRcpt":
        mta.deleteRcpt(action.address);
        break;
      case "quarantine":
        mta.quarantine(action.reason);
        break;
      case "replaceBody":
        replaced = true;
        chunks.push(action.chunk);
    }
  }
  if (replaced) mta.replaceBody(chunks);
}
