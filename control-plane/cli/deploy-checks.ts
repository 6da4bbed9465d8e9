// Checks before a deployment, beyond a valid configuration: origins that Cloudflare can reach, Host fields that it can send,
// and secrets that are set. Pure: deploy.node.ts gathers the facts and acts. Only what can never work is an error; what may
// be intended is a warning.

import { noMajorityWarning } from "../../config/schema/majority.ts";
import type { Config } from "../../config/schema/schema.ts";
import { secretNames } from "../../config/schema/secrets.ts";
import { parseIpAddress } from "../../config/world/ip-address.ts";
import { regionsOf } from "../../config/world/places.ts";
import { isExampleOrigin } from "../local/prepare/effective-config.ts";

export interface Finding {
  /** An `error` stops a deployment, a `warning` is only printed. `example` stops one too: the example configuration's origin. */
  readonly severity: "error" | "warning" | "example";
  /** Where in the configuration. */
  readonly path: string;
  readonly detail: string;
}

const error = (path: string, detail: string): Finding => ({ severity: "error", path, detail });
const warning = (path: string, detail: string): Finding => ({ severity: "warning", path, detail });

/** Secrets that every deployment needs. */
export const REQUIRED_SECRETS = ["CLUSTER_KEY", "API_TOKENS"] as const;

/** Errors and warnings about deploying this configuration. */
export function checkDeployment(config: Config): Finding[] {
  const findings: Finding[] = [];
  for (const [name, origin] of Object.entries(config.origins)) {
    const path = `origins.${name}`;
    const url = new URL(origin.url);
    const unreachable = whyUnreachable(url.hostname);
    if (unreachable !== undefined) {
      findings.push({
        severity: isExampleOrigin(origin) ? "example" : "error",
        path: `${path}.url`,
        detail: `${origin.url} is ${unreachable}: Cloudflare cannot reach it; give the origin a public name`,
      });
    } else if (url.protocol === "http:") {
      findings.push(
        warning(`${path}.url`, "is not encrypted: anyone between Cloudflare and the origin can read and change it"),
      );
    }
    if (origin.host === "client") {
      findings.push(
        error(
          `${path}.host`,
          '"client" works only locally: a Worker cannot send a Host that is not in the URL it fetches',
        ),
      );
    } else if (origin.host !== undefined && origin.host !== url.host) {
      findings.push(
        warning(
          `${path}.host`,
          `is sent only if ${origin.host} and ${url.hostname} are both in this Worker's zone (Cloudflare's resolveOverride); ` +
            `otherwise the request would go to ${origin.host} itself`,
        ),
      );
    }
    if (origin.secretHeader === undefined) {
      findings.push(
        warning(path, "has no secretHeader: the origin cannot distinguish requests through Meridian from others"),
      );
    }
  }
  const lonely = noMajorityWarning(regionsOf(config).length);
  if (lonely !== undefined) findings.push(warning("regions", lonely));
  if (config.controlHost === undefined) {
    findings.push(
      warning(
        "controlHost",
        "is not set: the deployment has no control API and no dashboard, so nothing can be purged",
      ),
    );
  }
  return findings;
}

/** The secrets this configuration needs: the deployment's own, then those it refers to. */
export const secretsNeeded = (config: Config): string[] => [...new Set([...REQUIRED_SECRETS, ...secretNames(config)])];

/** What to do about secrets that are missing, one line each. `environment` is wrangler's, if it is not the default one. */
export function describeMissingSecrets(missing: readonly string[], environment: string | undefined): string[] {
  const suffix = environment === undefined ? "" : ` --env ${environment}`;
  const own = REQUIRED_SECRETS.filter((name) => missing.includes(name));
  const lines = [
    `These secrets are not set${environment === undefined ? "" : ` in ${environment}`}: ${missing.join(", ")}.`,
  ];
  if (own.length === REQUIRED_SECRETS.length) {
    lines.push(`Create and set the deployment's own:  npm run deploy -- --new-secrets${suffix}`);
  } else for (const name of own) lines.push(`Set it again:  npx wrangler secret put ${name}${suffix}`);
  for (const name of missing) {
    if (own.some((other) => other === name)) continue;
    lines.push(`Set the one that the configuration refers to:  npx wrangler secret put ${name}${suffix}`);
  }
  return lines;
}

/** Why Cloudflare can never reach a host by this name, if it cannot. */
function whyUnreachable(hostname: string): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const address = parseIpAddress(host);
  // Cloudflare answers a Worker's request to any bare address with error 1003.
  if (address !== undefined) return address.lookup === undefined ? "a private or loopback address" : "a bare address";
  if (host === "localhost" || host.endsWith(".localhost")) return "this machine";
  if (/\.(local|internal|lan|home\.arpa|test|invalid|example)$/.test(host))
    return "a name that resolves only in a local network";
  return host.includes(".") ? undefined : "a name without a domain";
}
