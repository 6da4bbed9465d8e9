// What of a request's fields a route's key holds: the fields and cookies that the route names, in one spelling. The key is
// made from these values and the origin is sent these values, so the one determines the other.
// Cookies (RFC 6265 section 4.2): a piece without a name counts as a cookie that no route lists, so it makes the request
// personal and never reaches a shared fill. Values are taken as they are, quotes and commas included.

import type { Route } from "../../config/schema/schema.ts";
import type { Fields } from "../http/fields.ts";
import { normaliseSelecting } from "../http/vary.ts";
import { EDGE_LIMITS } from "../limits.ts";

/**
 * The value of a field that selects responses, in the spelling that the key, the variants and the origin share. To the
 * variants no Accept-Encoding and an empty one are the same, so both are "identity": without the field an origin may encode.
 */
export function selectingValue(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  if (name === "accept-encoding") return normaliseSelecting(name, value ?? "") || "identity";
  return value === undefined ? undefined : normaliseSelecting(name, value);
}

/** The values of the route's key fields, in its order; null where the request has none. */
export const keyHeaders = (fields: Fields, route: Route): readonly (string | null)[] =>
  route.key.headers.map((name) => selectingValue(fields, name.toLowerCase()) ?? null);

/** The values of the route's key cookies: for each name in the route's order all its values in the request's order. */
export function keyCookies(fields: Fields, route: Route): readonly (readonly string[])[] {
  if (route.key.cookies.length === 0) return [];
  const cookies = cookiesOf(fields);
  return route.key.cookies.map((name) =>
    cookies.filter((cookie) => cookie.name === name).map((cookie) => cookie.text.slice(name.length + 1)),
  );
}

/** A Cookie field of the key cookies alone, a function of `keyCookies`; undefined if the request has none of them. */
export function keyCookieField(fields: Fields, route: Route): string | undefined {
  const values = keyCookies(fields, route);
  const pairs = route.key.cookies.flatMap((name, index) => (values[index] ?? []).map((value) => `${name}=${value}`));
  return pairs.length === 0 ? undefined : pairs.join("; ");
}

/**
 * Whether the answer may be for this client alone: the request has Authorization (RFC 9111 section 3.5), or a cookie that
 * is not part of the route's key, which Meridian treats alike.
 */
export const isPersonal = (fields: Fields, route: Route): boolean =>
  fields.has("authorization") ||
  cookiesOf(fields).some((cookie) => cookie.name === undefined || !route.key.cookies.includes(cookie.name));

/** The request's Cookie field as one line: HTTP/2 may split it, and "; " joins it again (RFC 9113 section 8.2.3). */
export const wholeCookieField = (fields: Fields): string => fields.all("cookie").join("; ");

/**
 * Whether a value by which the route distinguishes responses is longer than `EDGE_LIMITS.selectingCharacters`: one of its key fields
 * and variant fields, or its key cookies together. The answer to such a request is not worth its memory, so no cache takes part.
 */
export const selectsByTooMuch = (fields: Fields, route: Route): boolean =>
  [...route.key.headers, ...route.variantHeaders].some(
    (name) => (fields.get(name.toLowerCase())?.length ?? 0) > EDGE_LIMITS.selectingCharacters,
  ) || (keyCookieField(fields, route)?.length ?? 0) > EDGE_LIMITS.selectingCharacters;

/** Whether a request has a cookie with which its route lets it pass the cache. */
export function hasBypassCookie(fields: Fields, { bypassCookies }: Route): boolean {
  if (bypassCookies.length === 0) return false;
  const isListed = (name: string) =>
    bypassCookies.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  return cookiesOf(fields).some(({ name }) => name !== undefined && isListed(name));
}

interface Cookie {
  /** Undefined if the piece has no name. */
  readonly name: string | undefined;
  readonly text: string;
}

const cookiesOf = (fields: Fields): Cookie[] =>
  wholeCookieField(fields)
    .split(";")
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
    .map((text) => ({ name: /^([^=]+)=/.exec(text)?.[1], text }));
