// The pages of a soak, what a purge of some scope is about, and which version an answer holds. The matching here is the check's
// own, written from the documentation and never from the code that is checked.

import type { Config } from "../../../config/schema/schema.ts";

export type Policy = Config["routes"][number]["whenCutOff"];
/** One for each policy, and one whose edges keep copies. */
export const ROUTES: readonly { readonly name: string; readonly policy: Policy; readonly edgeCopies: boolean }[] = [
  { name: "revalidate", policy: "revalidate", edgeCopies: false },
  { name: "serve", policy: "serve", edgeCopies: false },
  { name: "refuse", policy: "refuse", edgeCopies: false },
  { name: "copied", policy: "revalidate", edgeCopies: true },
];
const HOSTS = ["a.test", "b.test"] as const;
const SECTIONS = ["one", "two"] as const;

/**
 * `lasting`: long fresh, with a strong tag. `brief`: fresh for two seconds, then stale while it is refreshed. `dated`: all
 * versions share one date and there is no tag, so a 304 proves nothing. `large`: kept in segments.
 */
export type Kind = "lasting" | "brief" | "dated" | "large";
const KINDS: readonly Kind[] = ["lasting", "brief", "dated", "large"];

export interface Page {
  readonly host: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly policy: Policy;
  readonly kind: Kind;
}

/** All pages: for each route, host and section one of each kind, large ones in one place only. */
export const PAGES: readonly Page[] = ROUTES.flatMap(({ name, policy }) =>
  HOSTS.flatMap((host) =>
    SECTIONS.flatMap((section) =>
      KINDS.filter((kind) => kind !== "large" || (host === HOSTS[0] && section === SECTIONS[0])).map((kind) => ({
        host,
        path: `/${name}/${section}/${kind}`,
        tags: [`section-${section}`, `${name}-${host}-${section}-${kind}`],
        policy,
        kind,
      })),
    ),
  ),
);

/** Asked for by half of all requests, as front pages are: what is asked for again within a lease is answered in other ways. */
export const HOT: readonly Page[] = PAGES.filter(
  ({ host, path }) => host === HOSTS[0] && path.endsWith(`/${SECTIONS[0]}/lasting`),
);

/** What a purge names, as the control API takes it. */
export type Scope =
  | { readonly urls: readonly [string] }
  | { readonly prefixes: readonly [string] }
  | { readonly tags: readonly [string] }
  | { readonly hosts: readonly [string] }
  | { readonly everything: true };

export type ScopeKind = "url" | "prefix" | "tag" | "host" | "everything";

/** The scope of this kind that is about `page`, and about others if it is wide. */
export function scopeAbout(page: Page, kind: ScopeKind, width: "one page" | "a section"): Scope {
  switch (kind) {
    case "url":
      return { urls: [`//${page.host}${page.path}`] };
    case "prefix":
      return { prefixes: [`//${page.host}${page.path.slice(0, page.path.lastIndexOf("/"))}`] };
    case "tag":
      return { tags: [page.tags[width === "one page" ? 1 : 0] as string] };
    case "host":
      return { hosts: [page.host] };
    case "everything":
      return { everything: true };
  }
}

/** The pages that a purge of `scope` ends. */
export function pagesOf(scope: Scope): readonly Page[] {
  return PAGES.filter((page) => {
    const url = `//${page.host}${page.path}`;
    if ("urls" in scope) return scope.urls[0] === url;
    if ("prefixes" in scope) return url.startsWith(`${scope.prefixes[0]}/`);
    if ("tags" in scope) return page.tags.includes(scope.tags[0]);
    if ("hosts" in scope) return scope.hosts[0] === page.host;
    return true;
  });
}

/** Above one twentieth of 20 MiB, from where objects are kept in segments (ARCHITECTURE "Owner"). */
const LARGE_LINES = 120_000;

/** The body of a version: every line names it, so that a mixture of two shows. */
export const bodyOf = ({ kind }: Pick<Page, "kind">, version: number): string =>
  `version ${String(version).padStart(8, "0")}\n`.repeat(kind === "large" ? LARGE_LINES : 1);

/** The version that a body, or a part of one, holds; "mixed" if it holds several; undefined if it is no page of ours. */
export function versionIn(body: string): number | "mixed" | undefined {
  const found = new Set(body.match(/(?<=version )\d{8}/g));
  if (found.size > 1) return "mixed";
  const [only] = found;
  return only === undefined ? undefined : Number(only);
}
