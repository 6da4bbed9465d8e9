// A local run's secrets: those that the configuration refers to, from the launcher's environment, as a deployment has them from
// `wrangler secret put`. A missing one stops nothing: the feature that needs it fails with an error.

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
