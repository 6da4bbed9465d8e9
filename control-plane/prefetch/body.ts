// Reads the body of `POST /v1/prefetch`: from text to normalized URLs, or a problem that locates the fault. Authorization is decided
// elsewhere, and the edge decides which URLs may be fetched.

import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { readShape } from "../../config/read-shape.ts";
import type { Config } from "../../config/schema/schema.ts";
import { withoutAlias } from "../../config/spelling/host-aliases.ts";
import { normaliseUrl } from "../../config/spelling/normal-url.ts";
import { REGION_IDS, type RegionId } from "../../config/world/regions.ts";
import { type ApiProblem, type BodyError, problem } from "../api/problems.ts";
import { faultsOf } from "../api/purges/purge-body.ts";
import { parseDot } from "../purge/vector.ts";
import type { Prefetch } from "./prefetch.ts";
import { whyNotServed } from "./served-hosts.ts";

/** The body of `POST /v1/prefetch`. */
export const prefetchBodySchema = z
  .strictObject({
    urls: z
      .array(z.string())
      .max(LIMITS.prefetchUrls)
      .optional()
      .meta({
        description: "Absolute URLs as clients use them",
        example: ["https://shop.example/"],
      }),
    sitemap: z.string().optional().meta({
      description: "A sitemap or an index of them, on a configured route; its URLs are warmed as well",
      example: "https://shop.example/sitemap.xml",
    }),
    regions: z.array(z.enum(REGION_IDS)).min(1).max(REGION_IDS.length).optional().meta({
      description: "All of the deployment by default; with `from`, the one that serves a client from there",
    }),
    from: z.string().min(1).max(64).optional().meta({
      description: "As whom to ask: a country, an address or `lat,long`. The country may take part in keys",
      example: "JP",
    }),
    after: z
      .string()
      .refine((text) => parseDot(text) !== undefined, "the id of a purge's receipt")
      .optional()
      .meta({ description: "A purge's id: what is older than that purge does not count as warm" }),
  })
  .meta({
    id: "PrefetchRequest",
    description: "At least one of urls and sitemap",
    example: { urls: ["https://shop.example/", "https://shop.example/products/7"], regions: ["weur", "apac"] },
  });

export type PrefetchBody =
  | { readonly kind: "prefetch"; readonly prefetch: Prefetch }
  | { readonly kind: "problem"; readonly problem: ApiProblem };

/** Reads the text of a body. Problems: malformed-body, invalid-body. */
export function readPrefetchBody(
  text: string,
  config: Config,
  mode: "local" | "production" = "production",
): PrefetchBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (fault) {
    if (fault instanceof SyntaxError) {
      return { kind: "problem", problem: problem("malformed-body", "the body is not JSON") };
    }
    throw fault;
  }
  const parsed = readShape(prefetchBodySchema, value);
  if (!parsed.success) return refused(parsed.error.issues.flatMap(faultsOf));
  const { urls = [], sitemap, regions, from, after } = parsed.data;
  const errors: BodyError[] = [];
  const known = new Set<string>();
  const read = (written: string, pointer: string): string => {
    const normal = normaliseUrl(written);
    const fault = normal.kind === "invalid" ? normal.detail : whyNotServed(config, normal.url, mode);
    if (fault !== undefined) errors.push({ pointer, detail: fault });
    return normal.kind === "invalid" ? "" : withoutAlias(config.aliases, normal.url);
  };
  for (const [index, url] of urls.entries()) known.add(read(url, `/urls/${index}`));
  const index = sitemap === undefined ? undefined : read(sitemap, "/sitemap");
  for (const [at, region] of (regions ?? []).entries()) {
    if (config.regions[region] === undefined) {
      errors.push({ pointer: `/regions/${at}`, detail: "no region of this deployment" });
    }
  }
  if (urls.length === 0 && index === undefined) errors.push({ pointer: "", detail: "at least one URL, or a sitemap" });
  if (errors.length > 0) return refused(errors);
  const all = Object.keys(config.regions) as RegionId[];
  return {
    kind: "prefetch",
    prefetch: {
      urls: [...known],
      ...(index === undefined ? {} : { sitemap: index }),
      regions: regions === undefined ? (from === undefined ? all : undefined) : [...new Set(regions)],
      ...(from === undefined ? {} : { from }),
      ...(after === undefined ? {} : { after }),
    },
  };
}

function refused(errors: readonly BodyError[]): PrefetchBody {
  const [first] = errors;
  const where = first === undefined || first.pointer === "" ? "" : `${first.pointer}: `;
  return { kind: "problem", problem: problem("invalid-body", `${where}${first?.detail ?? "not a prefetch"}`, errors) };
}
