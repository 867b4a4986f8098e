/** Messages that other projects test their MIME parsers with. */
import { Buffer } from "node:buffer";
import { vectorsOf } from "../../support/vectors.ts";
import type { CorpusMessage } from "./python_messages.ts";

/** The file of vectors: a message in base64 each. */
interface MimeVectors {
  readonly messages: readonly { readonly src: string; readonly name: string; readonly msg: string }[];
}

/** The messages of MIME::tools, postal-mime and mailparser, which are not part of this project. */
export const others = vectorsOf<MimeVectors>("mime.json");

/** Those messages; none where there are no vectors. */
export function otherMessages(): CorpusMessage[] {
  return (others.vectors?.messages ?? []).map(({ src, name, msg }) => ({
    name: `${src}/${name}`,
    bytes: new Uint8Array(Buffer.from(msg, "base64")),
  }));
}
