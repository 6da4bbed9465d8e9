// Which request fields were found to be withheld from origins that vary on them, by route, as far as one isolate has seen: what
// is news is said once, and the metric's labels stay few. Origins name the fields, so their number is bounded.

import { EDGE_LIMITS } from "./limits.ts";

/** The name under which all further fields of a route are counted. */
const OTHER_FIELDS = "other";

export class WithheldNews {
  readonly #seen = new Map<string, Set<string>>();

  /** The fields as they are counted, each once, and those of them that this isolate had not seen on the route. */
  of(
    route: string,
    fields: readonly string[],
  ): { readonly counted: readonly string[]; readonly news: readonly string[] } {
    const seen = this.#seen.get(route) ?? new Set();
    this.#seen.set(route, seen);
    const news: string[] = [];
    const counted = new Set<string>();
    for (const field of fields) {
      const label = seen.has(field) || seen.size < EDGE_LIMITS.withheldFields ? field : OTHER_FIELDS;
      counted.add(label);
      if (seen.has(label)) continue;
      seen.add(label);
      news.push(label);
    }
    return { counted: [...counted], news };
  }
}
