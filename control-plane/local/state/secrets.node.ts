// The secrets that a local run hands to its regions: those that the configuration names, from the launcher's own environment,
// as a deployment has them from `wrangler secret put`. One that is missing stops nothing: what needs it fails and says so.

import type { Config } from "../../../config/schema/schema.ts";
import { secretNames } from "../../../config/schema/secrets.ts";

export interface LocalSecrets {
  /** Values by name, as bindings. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
}

/** Takes the named secrets from `environment`. */
export function localSecrets(config: Config, environment: Readonly<Record<string, string | undefined>>): LocalSecrets {
  const names = secretNames(config);
  const set = names.flatMap((name) => (environment[name] ? [[name, environment[name]] as const] : []));
  return { bindings: Object.fromEntries(set), missing: names.filter((name) => !environment[name]) };
}
