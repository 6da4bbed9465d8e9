// Which codings a client takes, brought into one of six forms (RFC 9110 section 12.5.3): what the forms do not distinguish is
// answered with the same variant and looks the same to the origin. A preference is kept where it contradicts ours (a client
// that wants gzip more than br gets gzip); one that agrees changes nothing, so browsers with and without zstd share `br`.
// A client that refuses even the identity gets it where there is nothing else: bytes are better than an error, and the RFC
// leaves it open.

import { membersOf } from "./list.ts";

/** Content codings that origins give and this runtime makes, best first: the earlier is chosen where a client takes several. */
export const CODINGS = ["br", "zstd", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

/** All forms of an Accept-Encoding: every variant that an object can have by its coding. */
export const ACCEPTED_FORMS = ["", "br", "br, gzip", "gzip", "gzip, zstd", "zstd"] as const;
export type AcceptedForm = (typeof ACCEPTED_FORMS)[number];

/** The form of an Accept-Encoding value; "" where no coding is welcome. Idempotent, never throws. */
export function acceptedForm(value: string): AcceptedForm {
  const weights = weightsOf(value);
  // "*" speaks for the codings that are not named.
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get("*") ?? 0;
  // Without a word on it the identity is what remains when nothing else fits: anything accepted is preferred to it.
  const identity = weights.get("identity") ?? 0;
  const kept = CODINGS.filter((coding, index) => {
    const weight = weightOf(coding);
    return weight > 0 && weight >= identity && CODINGS.slice(index + 1).every((later) => weightOf(later) <= weight);
  });
  // Who takes br as gladly as zstd gets br from us, and from an origin at most one of br and gzip.
  const told = kept.includes("br") ? kept.filter((coding) => coding !== "zstd") : kept;
  return told.sort().join(", ") as AcceptedForm;
}

/** The coding in which a client of this form is served text that we encode; undefined for as it is. */
export const chosenCoding = (form: AcceptedForm): Coding | undefined =>
  CODINGS.find((coding) => form.split(", ").includes(coding));

/** The weight of each coding named; of one named twice the last word counts. A weight that is none counts as 1. */
function weightsOf(value: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of membersOf(value)) {
    const [name = "", ...parameters] = member.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const isWeight = weight !== undefined && /^(?:0(?:\.\d*)?|1(?:\.0*)?)$/.test(weight);
    weights.set(name === "x-gzip" ? "gzip" : name, isWeight ? Number(weight) : 1);
  }
  return weights;
}
