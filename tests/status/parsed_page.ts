/** A page as a browser would read it, with every error that the HTML standard knows. */
import { defaultTreeAdapter as adapter, type DefaultTreeAdapterTypes as Types, parse } from "parse5";

/** An element with its attributes and children. */
export type Element = Types.Element;

/** Reads a page. */
export function parsePage(page: string): { document: Types.Document; errors: string[] } {
  const errors: string[] = [];
  const document = parse(page, {
    // As where no script runs, so that what is in noscript counts.
    scriptingEnabled: false,
    onParseError: ({ code, startLine, startCol }) => errors.push(`${code} at ${startLine}:${startCol}`),
  });
  return { document, errors };
}

/** All elements below a node, in order. */
export function elements(node: Types.ParentNode): Element[] {
  return node.childNodes.filter((child) => adapter.isElementNode(child)).flatMap((child) => [
    child,
    ...elements(child),
  ]);
}

/** An attribute's value; undefined where it has none of this name. */
export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name)?.value;
}

/** All text below a node. */
export function textOf(node: Types.Node): string {
  if (adapter.isTextNode(node)) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}
