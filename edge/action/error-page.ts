// A route's own pages in place of the bodies of errors, the origin's and ours. The status, and every field that says what went
// wrong, stay; fields that describe the body that was there go. Programs that ask for JSON keep the problem (RFC 9457), which is
// made for them. The page is chosen as the answer leaves, so a changed page shows at once, on stored errors as well.

import type { Actions } from "../../config/schema/action-schema.ts";
import type { Fields } from "../http/fields.ts";
import { membersOf } from "../http/list.ts";
import { addVary } from "./cors.ts";

export interface ErrorPage {
  readonly contentType: string;
  readonly body: string;
}
export type ErrorPages = ReadonlyMap<number | "4xx" | "5xx", ErrorPage>;

/** Prepares the pages of a route. */
export const errorPages = (pages: NonNullable<Actions["errorPages"]>): ErrorPages =>
  new Map(
    pages.flatMap(({ statuses, contentType, body }) => statuses.map((status) => [status, { contentType, body }])),
  );

/** Fields that describe one body and would be wrong for another (RFC 9110 section 8, RFC 9530). */
const OF_THE_BODY = [
  "accept-ranges",
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-md5",
  "content-range",
  "content-type",
  "digest",
  "etag",
  "last-modified",
  "repr-digest",
];

/**
 * The page's text for an answer, whose fields are changed to fit it; undefined if its own body is to be sent. A page for the
 * exact status comes before one for its class. That the choice goes by `Accept` is said to caches after us either way.
 */
export function pageFor(
  pages: ErrorPages,
  request: Fields,
  answer: { readonly status: number; readonly fields: Fields; readonly requestId: string },
): string | undefined {
  const { status, fields, requestId } = answer;
  if (status < 400) return undefined;
  const page = pages.get(status) ?? pages.get(status < 500 ? "4xx" : "5xx");
  if (page === undefined) return undefined;
  addVary(fields, "Accept");
  if (wantsJson(request.get("accept"))) return undefined;
  for (const name of OF_THE_BODY) fields.delete(name);
  fields.set("content-type", page.contentType);
  return page.body.replaceAll("{{status}}", `${status}`).replaceAll("{{request-id}}", requestId);
}

/** Whether JSON is asked for by name, and a page for people is not. */
function wantsJson(accept: string | undefined): boolean {
  const types = membersOf(accept ?? "").map((member) => (member.split(";")[0] ?? "").trim().toLowerCase());
  return types.some((type) => type === "application/json" || type.endsWith("+json")) && !types.includes("text/html");
}
