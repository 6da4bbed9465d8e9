// The schema of a route's actions, which change its requests and responses in addition to caching. edge/action/README.md describes
// their meaning and order; validate-actions.ts checks rules between fields.

import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { KEY_ID } from "../spelling/signed-url.ts";

/** A field name as the configuration writes it. */
export const fieldName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/, "a field name (RFC 9110 section 5.1)");
const fieldValue = z
  .string()
  .regex(/^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/, "visible ASCII without a line break or blanks at its ends")
  .max(LIMITS.actionValueCharacters);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(LIMITS.actionRules);
const status = z.int().min(100).max(599);
const path = z.string().min(1).max(1024);

/** Fields of the origin's request: a constant, or a fact about the client that Meridian knows. */
const requestValue = z.union([
  fieldValue,
  z.strictObject({ client: z.enum(["country", "device", "address", "scheme", "host"]) }),
]);

const clients = z.strictObject({
  /** ISO 3166 codes; "XX" is an unknown country. */
  countries: list(z.string().regex(/^[A-Z]{2}$/, "a country in two capital letters")).optional(),
  /** IPv4 or IPv6 addresses, or networks such as 203.0.113.0/24. */
  addresses: list(z.string().min(2)).optional(),
});

const pathRule = { from: path, to: path };

export const actionsSchema = z.strictObject({
  /** Access by country or address. `deny` wins; with `allow`, only clients on one of its lists pass. An unknown one matches only XX. */
  access: z.strictObject({ allow: clients.optional(), deny: clients.optional() }).optional(),
  /** A bucket of so many requests for each client (IPv6: each /64), refilled evenly over the time; in each isolate, best effort. */
  rateLimit: z
    .strictObject({ requests: z.int().min(1).max(1_000_000), perSeconds: z.number().min(1).max(86_400) })
    .optional(),
  redirect: z
    .strictObject({
      /** http:// to https://; ignored in the local run, which has no https. */
      https: z.boolean().default(false),
      /** From these hosts to the canonical one. */
      hosts: z.strictObject({ from: list(z.string().min(1)), to: z.string().min(1) }).optional(),
      /** The first that matches: `from` is a path or ends in `*`, whose text takes the place of the `*` in `to`. */
      paths: list(
        z.strictObject({
          ...pathRule,
          status: z
            .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
            .default(302),
          query: z.enum(["keep", "drop"]).default("keep"),
        }),
      ).optional(),
    })
    .optional(),
  /** Which sites' scripts may read the answers (Fetch standard, "CORS protocol"); replaces the origin's own fields. */
  cors: z
    .strictObject({
      /** `https://app.example`, or `https://*.example.com` for its subdomains. */
      origins: z.union([z.literal("any"), list(z.string().min(1))]),
      methods: list(z.string().regex(/^[A-Z]+$/, "a method in capital letters, such as GET")).default(["GET", "HEAD"]),
      /** Request fields that scripts may set, besides the CORS-safelisted ones. */
      headers: z.array(fieldName).max(LIMITS.actionRules).default([]),
      /** Response fields that scripts may read, besides the CORS-safelisted ones. */
      expose: z.array(fieldName).max(LIMITS.actionRules).default([]),
      credentials: z.boolean().default(false),
      /** How long a browser may cache the answer to a preflight. */
      maxAgeSeconds: z.int().min(0).max(86_400).default(600),
    })
    .optional(),
  /** Only URLs with a valid signature are answered: keys by their ids, each the name of a secret in the environment. */
  signed: z
    .strictObject({
      keys: z.record(z.string().regex(KEY_ID, "1 to 32 letters, digits, - or _"), z.string().min(1)),
    })
    .optional(),
  /** Another path for the origin; the first that matches. Keys and purges use the client's path. */
  rewrite: list(z.strictObject(pathRule)).optional(),
  /** The request: `remove` as if the client had not sent it, `set` and `add` towards the origin. */
  request: z
    .strictObject({
      remove: list(fieldName).optional(),
      set: z.record(fieldName, requestValue).optional(),
      add: z.record(fieldName, requestValue).optional(),
    })
    .optional(),
  /** The response to the client, stored or not; Meridian's own answers are unchanged. */
  response: z
    .strictObject({
      remove: list(fieldName).optional(),
      set: z.record(fieldName, fieldValue).optional(),
      add: z.record(fieldName, fieldValue).optional(),
    })
    .optional(),
  /** Bodies that replace those of errors, the origin's and ours: `{{status}}` and `{{request-id}}` are filled in. */
  errorPages: list(
    z.strictObject({
      /** Codes from 400, or all of "4xx" or "5xx". */
      statuses: list(z.union([status.min(400), z.enum(["4xx", "5xx"])])),
      contentType: fieldValue.min(3).default("text/html; charset=utf-8"),
      body: z.string().min(1).max(LIMITS.errorPageCharacters),
    }),
  ).optional(),
});

/** A route's actions with their defaults. */
export type Actions = z.output<typeof actionsSchema>;
