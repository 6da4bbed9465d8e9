// The Cookie request field as pairs (RFC 6265 section 4.2), for the key and for what the origin may see of it.
// A piece without a name counts as a cookie that no route lists: it makes the request personal and never reaches a shared
// fill. Values are taken as they are, quotes and commas included: what the origin sees of them, the key has seen too.

import type { Route } from "../../config/schema.ts";
import type { Fields } from "../http/fields.ts";

interface Cookie {
  /** Undefined if the piece has no name. */
  readonly name: string | undefined;
  readonly text: string;
}

/** The values of the route's key cookies: for each name in the route's order all its values in the request's order. */
export const keyCookies = (fields: Fields, route: Route): readonly (readonly string[])[] => {
  if (route.key.cookies.length === 0) return [];
  const cookies = cookiesOf(fields);
  return route.key.cookies.map((name) =>
    cookies.filter((cookie) => cookie.name === name).map((cookie) => cookie.text.slice(name.length + 1)),
  );
};

/** Whether the request has a cookie that the route's key does not list. */
export const hasOtherCookies = (fields: Fields, route: Route): boolean =>
  cookiesOf(fields).some((cookie) => cookie.name === undefined || !route.key.cookies.includes(cookie.name));

/** A Cookie field of the key cookies alone, a function of `keyCookies`; undefined if the request has none of them. */
export function keyCookieField(fields: Fields, route: Route): string | undefined {
  const values = keyCookies(fields, route);
  const pairs = route.key.cookies.flatMap((name, index) => (values[index] ?? []).map((value) => `${name}=${value}`));
  return pairs.length === 0 ? undefined : pairs.join("; ");
}

function cookiesOf(fields: Fields): Cookie[] {
  // HTTP/2 may split the field into several lines, which are joined with "; " (RFC 9113 section 8.2.3).
  return fields
    .all("cookie")
    .flatMap((line) => line.split(";"))
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
    .map((text) => ({ name: /^([^=]+)=/.exec(text)?.[1], text }));
}
