// The bindings and secrets of every Worker and Durable Object of Meridian. In production, wrangler.toml sets the bindings and
// `wrangler secret put` the secrets; the local launcher sets everything, including those marked local.

/** Bindings of the deployed script. */
export interface Environment {
  readonly SHARD: DurableObjectNamespace;
  readonly HUB: DurableObjectNamespace;
  readonly METER: DurableObjectNamespace;
  /** Secret: 32 bytes or more, base64url; signs traffic between processes and receipts. */
  readonly CLUSTER_KEY: string;
  /** Secret: JSON `TokenRecord[]` (control-plane/api/access/access.ts): hashed API tokens and what each may do. */
  readonly API_TOKENS?: string;
  /** Local: the configuration as JSON, in place of the one that is bundled. */
  readonly MERIDIAN_CONFIG?: string;
  /** Local: the region that this process is. Absent in production, where one script serves them all. */
  readonly MERIDIAN_REGION?: string;
  /** Local: when this process was started, in milliseconds since 1970: messages of before are its predecessor's. */
  readonly MERIDIAN_STARTED_AT?: string;
  /** Local: a folder on disk with the database of addresses, `addresses.mmdb`. */
  readonly GEO?: Fetcher;
  /** Local: a folder on disk with the tokens' records, `tokens.json`, which may change at any time. */
  readonly ACCESS?: Fetcher;
  /** Local: one HTTP service binding for each other region, PEER_WEUR and so on. */
  readonly [peer: `PEER_${string}`]: Fetcher | undefined;
  /** Local: one link for each origin, ORIGIN_SHOP and so on (upper case, `_` for `-`): it leads there regardless of the URL's host. */
  readonly [origin: `ORIGIN_${string}`]: Fetcher | undefined;
}
