// What the tests use of Fastly's official client, which has no types of its own.
declare module "fastly" {
  interface PurgeAnswer {
    readonly status: string;
    readonly id: string;
  }
  /** A plugin of the HTTP client beneath may still change where a request goes. */
  type Plugin = (request: { url: string; set(name: string, value: string): void }) => void;
  class ApiClient {
    plugins: readonly Plugin[] | null;
    authenticate(token: string): void;
  }
  class PurgeApi {
    constructor(client?: ApiClient);
    purgeTag(options: {
      readonly service_id: string;
      readonly surrogate_key: string;
      readonly fastly_soft_purge?: number;
    }): Promise<PurgeAnswer>;
    bulkPurgeTag(options: {
      readonly service_id: string;
      readonly surrogate_key?: string;
      readonly fastly_soft_purge?: number;
      readonly purge_response?: { readonly surrogate_keys: readonly string[] };
    }): Promise<Readonly<Record<string, string>>>;
    purgeAll(options: { readonly service_id: string }): Promise<{ readonly status: string }>;
    purgeSingleUrl(options: { readonly cached_url: string; readonly fastly_soft_purge?: number }): Promise<PurgeAnswer>;
  }
  const fastly: { readonly ApiClient: typeof ApiClient; readonly PurgeApi: typeof PurgeApi };
  export default fastly;
}
