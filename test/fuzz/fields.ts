// HTTP fields of clients and origins.

import fc from "fast-check";
import { LIMITS } from "../../config/limits.ts";
import { formatClientAssertion, parseClientAssertion } from "../../config/node/client-assertion.ts";
import { epochMillis } from "../../config/units.ts";
import { ACCEPTED_FORMS, acceptedForm } from "../../edge/http/accept-encoding.ts";
import { deltaSeconds, MAX_DELTA_SECONDS, parseCacheControl } from "../../edge/http/cache-control.ts";
import { Fields } from "../../edge/http/fields.ts";
import { loopOf, withoutHopByHop, withoutInternal } from "../../edge/http/forwardable.ts";
import { parseHttpDate } from "../../edge/http/http-date.ts";
import { invalidatedGroups, invalidatedUrls } from "../../edge/http/invalidate.ts";
import { membersOf } from "../../edge/http/list.ts";
import { multipartOf } from "../../edge/http/multipart.ts";
import { rangeSpecs, readContentRange, selectRange } from "../../edge/http/range.ts";
import { dictionaryOf, listOf } from "../../edge/http/structured.ts";
import { groupsIn, tagsOf } from "../../edge/http/tags.ts";
import { selectDirectives } from "../../edge/http/targeted.ts";
import { answersFor, conditionsOf, evaluateConditions, headSays, mergeNotModified } from "../../edge/http/validate.ts";
import { normaliseSelecting, variantKey, varyOf } from "../../edge/http/vary.ts";
import { EDGE_LIMITS } from "../../edge/limits.ts";
import { deviceOf } from "../../edge/request/device.ts";
import { forwardedFields } from "../../edge/request/forwarded.ts";
import { alignedRange } from "../../edge/shard/segments/segments.ts";
import { framingOf } from "../../origin/framing.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { INHERITED, textOf } from "./inputs.ts";
import { must, mustEqual, type Target, target } from "./target.ts";

const directives = textOf(
  "max-age",
  "s-maxage",
  "=",
  ",",
  " ",
  '"',
  "0",
  "60",
  "no-store",
  "private",
  "public",
  'no-cache="a"',
  "must-understand",
  "stale-if-error=",
  "max-stale",
  ";meridian",
  "\\",
);
const tags = textOf('"a"', "W/", '"', ",", " ", "*", "W/*", '"é"', "a");
const dates = textOf(
  "Sun, 06 Nov 1994 08:49:37 GMT",
  "Sunday, 06-Nov-94 08:49:37 GMT",
  "Sun Nov  6 08:49:37 1994",
  "Sun",
  ", ",
  "Feb",
  "30",
  "99",
  ":",
  " GMT",
  "0000",
);
const lists = textOf(
  "accept",
  "accept-encoding",
  "accept-language",
  ",",
  "*",
  " ",
  '"',
  ";",
  "q=",
  "0.5",
  "1",
  "de-DE",
  "text/html",
  "gzip",
  "br",
  "zstd",
  "identity",
);
const names = fc.constantFrom(
  "cache-control",
  "cdn-cache-control",
  "surrogate-control",
  "meridian-cdn-cache-control",
  "expires",
  "age",
  "date",
  "vary",
  "etag",
  "last-modified",
  "cache-tag",
  "surrogate-key",
  "edge-cache-tag",
  "cache-groups",
  "cache-group-invalidation",
  "location",
  "content-location",
  "connection",
  "content-length",
  "transfer-encoding",
  "meridian-internal-context",
  "x-a",
  ...INHERITED,
);
const fieldsOf = (value: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(names, value), { maxLength: 6 }).map((lines) => Fields.from(lines));
const anyText = fc.oneof(directives, tags, dates, lists);

export const FIELDS: readonly Target[] = [
  target("cache-control", directives, (text) => {
    for (const value of Object.values(parseCacheControl(text))) {
      // `max-stale` without a number is any age.
      if (typeof value !== "number" || value === Number.POSITIVE_INFINITY) continue;
      must(value >= 0 && value <= MAX_DELTA_SECONDS, "is no lifetime:", value);
    }
    const seconds = deltaSeconds(text);
    must(seconds === undefined || (seconds >= 0 && seconds <= MAX_DELTA_SECONDS), "is no lifetime:", seconds);
  }),

  target("targeted-cache-control", fieldsOf(directives), (fields) => {
    const selected = selectDirectives(fields, ["meridian-cdn-cache-control", "cdn-cache-control", "surrogate-control"]);
    must(typeof selected.targeted === "boolean", "is no answer");
  }),

  target("vary", fc.tuple(lists, lists), ([vary, value]) => {
    const read = varyOf(Fields.from([["vary", vary]]));
    if (read.kind === "fields") {
      const again = varyOf(Fields.from([["vary", read.names.join(", ")]]));
      mustEqual(again, read, "varies by others the second time:");
      variantKey(read.names, Fields.from([["accept", value]]));
    }
    for (const name of ["accept", "accept-language", "accept-encoding", "x-a", ...INHERITED]) {
      const once = normaliseSelecting(name, value);
      // It counts as absent.
      if (once === undefined) continue;
      must(normaliseSelecting(name, once) === once, "has yet another form:", name, value, once);
      must(!once.includes("\n") || value.includes("\n"), "breaks a line:", name, once);
    }
  }),

  target("accept-encoding", lists, (text) => {
    const form = acceptedForm(text);
    must(ACCEPTED_FORMS.includes(form) && acceptedForm(form) === form, "is no form:", form);
  }),

  target("tags", fieldsOf(textOf("a", ",", " ", "product-7", '"', "t".repeat(1025), "é", "(", ")")), (fields) => {
    const found = tagsOf(fields);
    must(
      found.length <= EDGE_LIMITS.tags && new Set(found).size === found.length,
      "has tags twice or many:",
      found.length,
    );
    must(
      found.every((tag) => tag.length > 0 && tag.length <= LIMITS.tagCharacters),
      "has a strange tag",
    );
    const groups = invalidatedGroups("POST", 200, fields);
    must(groups.length <= EDGE_LIMITS.invalidatedGroups, "ends many groups:", groups.length);
    groupsIn(fields.get("cache-groups"));
  }),

  target(
    "structured-field",
    fc.oneof(lists, directives, textOf("(", ")", "?1", ":YQ==:", "@1", "%22a%22", "a", ";b", "=", ",", "1.5")),
    (text) => {
      listOf(text);
      dictionaryOf(text);
      must(
        membersOf(text).every((member) => !/^[ \t]|^$|[ \t]$/.test(member)),
        "has a strange member:",
        text,
      );
    },
  ),

  target("date", dates, (text) => {
    const at = parseHttpDate(text);
    must(at === undefined || Number.isSafeInteger(at), "is no instant:", at);
    if (at === undefined) return;
    // What is written in the preferred format is the same instant.
    must(parseHttpDate(new Date(at).toUTCString()) === at, "is another instant when it is written:", text);
  }),

  target(
    "range",
    fc.tuple(textOf("bytes=", "bytes", "=", "0", "-", "1", "99", ",", " ", "9007199254740991"), tags, fc.nat(5000)),
    ([range, ifRange, length]) => {
      const stored = { status: 200, fields: Fields.from([["etag", '"a"']]) };
      const selected = selectRange(range, ifRange === "" ? undefined : ifRange, stored, length);
      const parts = selected.kind === "part" ? [selected] : selected.kind === "parts" ? selected.parts : [];
      must(parts.length <= EDGE_LIMITS.ranges, "has many parts:", parts.length);
      must(
        parts.every(({ first, last }) => first >= 0 && first <= last && last < length),
        "lies outside:",
        parts,
      );
      const multipart = multipartOf(parts, length, "text/plain", "b");
      const bytes = multipart.heads.reduce((sum, head) => sum + head.length, multipart.tail.length);
      must(
        multipart.length === bytes + parts.reduce((sum, { first, last }) => sum + last - first + 1, 0),
        "has another length",
      );
      rangeSpecs(range);
      const aligned = alignedRange(range);
      must(aligned === undefined || rangeSpecs(aligned) !== undefined, "is no range:", aligned);
      const content = readContentRange(range.replace("=", " "));
      must(
        content === undefined || (content.first <= content.last && content.last < content.total),
        "lies outside:",
        content,
      );
    },
  ),

  target(
    "conditions",
    fc.tuple(fc.oneof(tags, dates), fc.oneof(tags, dates), fieldsOf(fc.oneof(tags, dates))),
    ([one, other, fields]) => {
      const request = Fields.from([
        ["if-match", one],
        ["if-none-match", other],
        ["if-modified-since", one],
        ["if-unmodified-since", other],
      ]);
      for (const status of [200, 304, 404]) {
        const response = { status, fields };
        evaluateConditions(request, response);
        headSays({ status: 200, fields: Fields.from([["etag", one]]) }, response);
      }
      const stored = {
        fields: Fields.from([
          ["etag", one],
          ["last-modified", other],
        ]),
      };
      conditionsOf(stored);
      answersFor(stored, fields);
      const merged = mergeNotModified(stored, { fields });
      must(merged.get("content-length") === stored.fields.get("content-length"), "changed its length");
    },
  ),

  target(
    "framing",
    fc.array(
      fc.tuple(
        fc.constantFrom("Content-Length", "content-length", "Transfer-Encoding", "x"),
        textOf("1", "0", ",", " ", "chunked", "identity", "gzip", "-", "+"),
      ),
      { maxLength: 4 },
    ),
    (fields) => {
      const framing = framingOf(200, fields);
      if (framing.kind === "error") return;
      must(framing.length === undefined || Number.isSafeInteger(framing.length), "has no length:", framing);
      must(
        framing.fields.filter(([name]) => name.toLowerCase() === "content-length").length <= 1,
        "has two lengths:",
        framing,
      );
    },
  ),

  target(
    "forwarding",
    fc.tuple(fc.constantFrom(...CONFIGURATIONS), fieldsOf(anyText), anyText),
    ([config, fields, text]) => {
      const hop = withoutHopByHop(fields);
      mustEqual([...withoutHopByHop(hop)], [...hop], "still has fields of one connection:");
      const bare = withoutInternal(fields);
      must(![...bare].some(([name]) => name.startsWith("meridian-internal-")), "still has internal fields");
      must(loopOf(text) >= 0, "is no count");
      deviceOf(
        Fields.from([
          ["user-agent", text],
          ["sec-ch-ua-mobile", text],
        ]),
      );
      for (const route of config.routes) {
        const client = { scheme: "https", host: "h.example", country: "DE" } as const;
        const sent = forwardedFields({
          request: bare,
          route,
          client,
          requestId: "0".repeat(32),
          originHost: "o",
          loop: "meridian",
        });
        must(
          sent.get("host") === "o" && ![...sent].some(([name]) => name === "connection"),
          "forwards a connection's field",
        );
      }
    },
  ),

  target(
    "invalidated-urls",
    fieldsOf(textOf("http://h.example", "/", "a", "..", "//", "evil", "?", "#", ":", "@")),
    (fields) => {
      for (const url of invalidatedUrls("POST", 201, "http://h.example/a", fields)) {
        must(new URL(url).origin === "http://h.example", "ends another site's URL:", url);
      }
    },
  ),

  target(
    "client-assertion",
    textOf("v1", ";", "1700000000000", "127.0.0.1", "::1", "nonce", "A".repeat(43)),
    (text) => {
      const read = parseClientAssertion(text);
      if (read === undefined) return;
      const { signature, ...assertion } = read;
      mustEqual(
        parseClientAssertion(formatClientAssertion(assertion, signature)),
        read,
        "is another when it is written:",
      );
      must(Number.isSafeInteger(epochMillis(read.timestampMillis)), "is no instant:", read);
    },
  ),
];
