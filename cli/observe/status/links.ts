/**
 * Builds the addresses of the pages, relative to each other, so that they work behind a web server at any path.
 *
 * @module
 */

/** Parameters of a search; an absent one is left out. */
export type SearchWords = Readonly<Record<string, string | undefined>>;

/** Returns the address of a search for messages. */
export function messagesLink(words: SearchWords = {}): string {
  return withQuery("messages", words);
}

/**
 * Returns the address of one message.
 *
 * @param id its id or queue id
 */
export function messageLink(id: string): string {
  return withQuery("message", { id });
}

/** Returns the address of a search in the log. */
export function logLink(words: SearchWords = {}): string {
  return withQuery("log", words);
}

/** Returns the address of the same search with something else in place of some of its words. */
export function changedQuery(query: URLSearchParams, words: SearchWords): string {
  // An empty address means the page as it is, with its search.
  return withQuery("", { ...Object.fromEntries(query), ...words }) || "?";
}

function withQuery(path: string, words: SearchWords): string {
  const given = Object.entries(words).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given as [string, string][]);
  return query.size === 0 ? path : `${path}?${query}`;
}
