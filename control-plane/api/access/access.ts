// Authorization: API tokens are stored as SHA-256 digests, each with a name, scopes and optional hosts. This file reads the
// secret that lists them, finds the presented one and names missing scopes. It never sees a token itself: the shell hashes it
// first. Invariant: a token limited to hosts can purge nothing that might lie outside them.

import type { Scope } from "../../purge/event.ts";
import { parseHostScope } from "../../purge/scope.ts";
import { API_LIMITS } from "../limits.ts";

/**
 * `purge`: purge, read receipts (only those of its hosts, if it is limited to some) and warm URLs; `prefetch`: warm URLs;
 * `read`: read everything; `regions`: drain and undrain; `admin`: all of it.
 */
export const ACCESS_SCOPES = ["purge", "read", "regions", "prefetch", "admin"] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

/** A stored token: `sha256` is the lower-case hex digest of its text. */
export interface TokenRecord {
  readonly name: string;
  readonly sha256: string;
  readonly scopes: readonly AccessScope[];
  /** Purges are limited to these hosts: exact, or `*.example.com` for its subdomains. Absent: any host. */
  readonly hosts?: readonly string[];
}

/** A deployment's records, or why its secret is invalid. */
export type ParsedTokens =
  | { readonly kind: "tokens"; readonly tokens: readonly TokenRecord[] }
  | { readonly kind: "invalid"; readonly detail: string };

/** Reads the JSON of the secret API_TOKENS. One invalid record makes all of it invalid: a partial list would surprise later. */
export function parseTokens(json: string): ParsedTokens {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (problem) {
    if (problem instanceof SyntaxError) return invalid("API_TOKENS is not JSON");
    throw problem;
  }
  if (!Array.isArray(list) || list.length > API_LIMITS.apiTokens) {
    return invalid(`API_TOKENS is not a list of at most ${API_LIMITS.apiTokens} tokens`);
  }
  const names = new Set<string>();
  for (const [index, record] of list.entries()) {
    const fault = faultOf(record);
    if (fault !== undefined) return invalid(`API_TOKENS[${index}]: ${fault}`);
    // Names identify the requester in receipts, and scope idempotency keys to a token.
    if (names.has(record.name)) return invalid(`API_TOKENS[${index}]: the name ${record.name} occurs twice`);
    names.add(record.name);
  }
  return { kind: "tokens", tokens: (list as TokenRecord[]).map(withHostsSpelt) };
}

/** Hosts are compared with those of purges, which are normalized: `bücher.example.` becomes `xn--bcher-kva.example`. */
function withHostsSpelt(record: TokenRecord): TokenRecord {
  if (record.hosts === undefined) return record;
  const hosts = record.hosts.map((host) => {
    const parsed = parseHostScope(host);
    return parsed.kind === "scope" && parsed.scope.kind === "host" ? parsed.scope.host : host;
  });
  return { ...record, hosts };
}

const invalid = (detail: string): ParsedTokens => ({ kind: "invalid", detail });

function faultOf(record: unknown): string | undefined {
  if (typeof record !== "object" || record === null) return "not an object";
  const { name, sha256, scopes, hosts } = record as Record<string, unknown>;
  if (typeof name !== "string" || !/^[\w.@-]{1,64}$/.test(name)) return "name: 1 to 64 letters, digits or . @ _ -";
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return "sha256: 64 lower-case hex digits";
  if (!Array.isArray(scopes) || scopes.length === 0) return "scopes: a non-empty list";
  for (const scope of scopes)
    if (!ACCESS_SCOPES.includes(scope)) return `scopes: each one of ${ACCESS_SCOPES.join(", ")}`;
  if (hosts === undefined) return undefined;
  if (!Array.isArray(hosts) || hosts.length === 0 || hosts.length > API_LIMITS.tokenHosts) {
    return `hosts: a list of 1 to ${API_LIMITS.tokenHosts} names`;
  }
  for (const host of hosts) {
    if (typeof host !== "string" || !/^(\*\.)?[^*/:\sA-Z]+$/.test(host)) {
      return "hosts: lower-case names without port, or *. and a name";
    }
  }
  return undefined;
}

/**
 * The record with this digest. All records are compared in full, so that timing does not reveal how close a guess was.
 */
export function findToken(tokens: readonly TokenRecord[], digest: string): TokenRecord | undefined {
  let found: TokenRecord | undefined;
  for (const record of tokens) {
    let difference = record.sha256.length ^ digest.length;
    for (let index = 0; index < record.sha256.length; index++) {
      difference |= record.sha256.charCodeAt(index) ^ digest.charCodeAt(index);
    }
    if (difference === 0) found = record;
  }
  return found;
}

/** The token of an `Authorization` field (RFC 6750 section 2.1); undefined if there is none of the scheme Bearer. */
export const bearerToken = (field: string | null | undefined): string | undefined =>
  /^bearer +([\w\-.~+/]+=*) *$/i.exec(field ?? "")?.[1];

/** Allowed, or the scopes of which the token needs one. */
export type Authorization =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly missing: readonly AccessScope[] };

/** Whether the token has one of the sufficient scopes. `admin` always suffices. */
export function authorize(record: TokenRecord, enough: readonly AccessScope[]): Authorization {
  const allowed = record.scopes.includes("admin") || enough.some((scope) => record.scopes.includes(scope));
  return allowed ? { kind: "allowed" } : { kind: "denied", missing: enough };
}

/** Whether a token may purge this scope. One limited to hosts may purge only URLs, prefixes and hosts there. */
export function mayPurge(record: TokenRecord, scope: Scope): boolean {
  if (record.hosts === undefined) return true;
  switch (scope.kind) {
    case "url":
      return hostAllowed(record.hosts, hostOf(scope.url));
    case "prefix":
      return hostAllowed(record.hosts, hostOf(scope.prefix));
    case "host":
      return hostAllowed(record.hosts, scope.host);
    case "tag":
    case "everything":
      return false;
  }
}

/**
 * Whether a token may see a purge: its URLs, its reason and its requester. One limited to hosts sees only its own purges and
 * those of its hosts, unless it has `read`.
 */
export const maySee = (
  record: TokenRecord,
  { by, scopes }: { readonly by: string; readonly scopes: readonly Scope[] },
) =>
  record.hosts === undefined ||
  by === record.name ||
  authorize(record, ["read"]).kind === "allowed" ||
  scopes.every((scope) => mayPurge(record, scope));

/** `//host/path` stands for both schemes. */
const hostOf = (url: string): string => new URL(url.startsWith("//") ? `https:${url}` : url).hostname;

// A wildcard scope `*.a.example` lies within `*.example` like any name there, and never matches an exact host.
const hostAllowed = (hosts: readonly string[], host: string): boolean =>
  hosts.some((allowed) => allowed === host || (allowed.startsWith("*.") && host.endsWith(allowed.slice(1))));
