// One example of each of the API's answers, for the OpenAPI document. A test validates each against its schema.
// The values are invented, and belong together: one purge of one tag in a deployment of two regions.

/** Derived from the cluster key "an example's cluster key": the signature below is valid. */
const KEY = {
  kty: "OKP",
  crv: "Ed25519",
  x: "Y_RHLRu1MKkwEmPD_ZUp9SbV_QLFPKEaNqAlJeWWV90",
  kid: "hkVCDK_DO47LhE6-ILl_pQK35Rw6UR-NVeO3IflE35g",
  alg: "EdDSA",
  use: "sig",
};

const RECEIPT = {
  id: "weur.k3f9x2.17",
  state: "applied",
  soft: false,
  scopes: { urls: [], prefixes: [], tags: ["product-7"], hosts: [], everything: false },
  by: "deploy",
  reason: "new price",
  acceptedAt: "2026-11-20T10:15:00.000Z",
  appliedAt: "2026-11-20T10:15:00.120Z",
  hub: "weur",
  regions: [
    { region: "enam", state: "applied", appliedAt: "2026-11-20T10:15:00.120Z" },
    { region: "weur", state: "applied", appliedAt: "2026-11-20T10:15:00.004Z" },
  ],
  missing: [],
  signature: {
    alg: "EdDSA",
    kid: KEY.kid,
    value: "zPSXT86FOcZUPVM9DRWhyd6rMkvq4BtVYJoIdkqth9ISF_mtgJ7xlfjPwVwjiIapX-NpWr1cBgYVl7nthBtJBw",
  },
};

const REGION = {
  id: "weur",
  name: "Western Europe",
  city: "Amsterdam",
  country: "NL",
  place: { latitude: 52.37, longitude: 4.9 },
  shards: 4,
  status: "up",
  drained: false,
  hub: {
    id: "weur.k3f9x2",
    startedAt: "2026-11-19T08:00:00.000Z",
    logLength: 23,
    vector: { "enam.p0c4aa": 6, "weur.k3f9x2": 17 },
    members: [{ region: "enam", hub: "enam.p0c4aa", heardAt: "2026-11-20T10:14:58.000Z" }],
    subscribers: [0, 1, 3],
  },
};

const SAMPLE = {
  at: "2026-11-20T10:15:00.000Z",
  requests: 420,
  hitRatio: 0.93,
  errors: 0,
  clientBytes: 8_400_000,
  originRequests: 29,
};

const SUMMARY = {
  requests: 51_200,
  hitRatio: 0.94,
  errorRatio: 0.001,
  clientBytes: 1_024_000_000,
  originRequests: 3072,
  originFailures: 2,
  originBytes: 61_440_000,
  coalescedFollowers: 310,
  entries: 1800,
  entryBytes: 36_000_000,
  timeToFirstByteMillis: { p50: 4.1, p90: 18, p99: 140 },
};

export const EXAMPLES = {
  problem: {
    type: "urn:meridian:problem:invalid-body",
    title: "The body is invalid",
    status: 422,
    detail: "/urls/3: a URL must have no fragment: clients never send it",
    code: "invalid-body",
    errors: [{ pointer: "/urls/3", detail: "a URL must have no fragment: clients never send it" }],
  },
  purgeRequest: { tags: ["product-7"], reason: "new price", wait: "applied" },
  receipt: RECEIPT,
  receiptPage: { purges: [RECEIPT], cursor: "1795256100000~weur.k3f9x2.17" },
  keySet: { keys: [KEY] },
  dryRun: {
    dryRun: true,
    soft: false,
    scopes: RECEIPT.scopes,
    entries: 12,
    bytes: 240_000,
    regions: [
      { region: "enam", entries: 12, bytes: 240_000 },
      { region: "weur", reason: "its hub cannot be reached" },
    ],
    missing: ["weur"],
  },
  region: REGION,
  regionList: { answeredBy: "weur", regions: [REGION], lostRegions: [], cutLinks: [] },
  stats: {
    at: "2026-11-20T10:15:04.000Z",
    sampleSeconds: 10,
    total: { ...SUMMARY, series: [SAMPLE] },
    regions: [
      {
        region: "weur",
        reachable: true,
        since: "2026-11-19T08:00:00.000Z",
        ...SUMMARY,
        breakers: [{ origin: "shop", shard: 2, state: "closed" }],
        series: [SAMPLE],
      },
    ],
  },
  explanation: {
    url: "https://shop.example/img/7.jpg?v=2",
    method: "GET",
    route: "images",
    mode: "cache",
    key: "images https://shop.example/img/7.jpg?v=2",
    client: { coordinates: { latitude: 35.68, longitude: 139.69 }, country: "JP", source: "from" },
    regions: [{ region: "apac", distanceKm: 12, rttMillis: 1.2, reason: "nearest" }],
    shard: { region: "apac", index: 2, ring: "3f9a" },
    shield: { region: "enam", index: 1 },
    origin: { name: "shop", url: "https://origin.shop.example" },
    rules: { ttl: { staleWhileRevalidateSeconds: 60 }, key: { query: { only: ["v", "width"] } }, whenCutOff: "serve" },
  },
  health: { status: "ok", region: "weur", mode: "production" },
} as const;
