// Every metric that Meridian has: its kind, its labels and what it counts. Names and units follow Prometheus's rules
// (`_total` for counters, base units). It decides what may be counted at all; it never counts. Invariant: a label is either
// closed (LABEL_VALUES) or named by the configuration, never by a client, so the number of series stays bounded; `field` is
// named by origins, sixteen for each route and isolate.
// The label `region` is no part of it: a region's meter holds that region's series, and rendering names the region.

/** Upper bounds of the buckets for times in seconds; one more bucket without a bound follows. */
export const TIME_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.4, 0.6, 1, 2.5, 5, 10, 30, 60,
] as const;

/** The values of the closed labels. A value that is not among them is counted as `other`. */
export const LABEL_VALUES = {
  /** Where the answer came from: the first tier that could give it without asking further. `none`: an answer of our own. */
  tier: ["edge", "shard", "shield", "origin", "none"],
  /**
   * What became of a client's request. `hit`: stored and fresh; `partial`: some of a large object was, the rest was fetched; `stale`: stored and no longer fresh; `revalidated`: stored,
   * and the origin confirmed it; `miss`: fetched for this request; `collapsed`: shared another request's fill; `bypass`:
   * passed through by rule; `refused`: the client's or the deployment's rules forbid it; `error`: we could not answer.
   */
  outcome: ["hit", "partial", "stale", "revalidated", "miss", "collapsed", "bypass", "refused", "error"],
  /** Where a body's bytes came from: this region's store, or a fetch. */
  source: ["stored", "fetched"],
  status: ["1xx", "2xx", "3xx", "4xx", "5xx"],
  severity: ["soft", "hard"],
  scope: ["url", "prefix", "tag", "host", "everything"],
  /** Why the origin gave no usable answer. `rejected`: the gate in front of it was full or open. */
  failure: ["connect", "timeout", "reset", "status", "malformed", "rejected"],
  /** What purged scopes were folded into for want of room: one host, a host's subdomains, or everything. */
  into: ["host", "subdomains", "everything"],
  /** The state that a breaker went to. */
  to: ["closed", "open", "half-open"],
} as const;

/** What `meridian_origin_breaker_state` says: each state's place is its value. */
export const BREAKER_STATES = ["closed", "half-open", "open"] as const;

/** Labels whose values the configuration names. */
export type OpenLabel = "route" | "origin" | "shard" | "field";
export type ClosedLabel = keyof typeof LABEL_VALUES;
export type Label = OpenLabel | ClosedLabel;

interface Metric {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly Label[];
  readonly help: string;
  /** Worked out when the metrics are read, from hubs and meters, and not counted by anybody. */
  readonly atScrape?: true;
}

export const METRICS = {
  meridian_requests_total: {
    kind: "counter",
    labels: ["tier", "outcome", "status", "route"],
    help: "Clients' requests, each counted once, by the tier that answered and what became of them.",
  },
  meridian_client_bytes_total: {
    kind: "counter",
    labels: ["route"],
    help: "Bytes of response bodies sent to clients.",
  },
  meridian_body_bytes_total: {
    kind: "counter",
    labels: ["route", "source"],
    help: "Bytes of answers' bodies by where they came from: stored over both is the hit ratio by bytes.",
  },
  meridian_time_to_first_byte_seconds: {
    kind: "histogram",
    labels: ["tier"],
    help: "Time from a request's arrival at the edge to the head of its answer.",
  },
  meridian_coalesced_followers_total: {
    kind: "counter",
    labels: ["tier"],
    help: "Requests that waited for another request's fill instead of asking further.",
  },
  meridian_vary_withheld_total: {
    kind: "counter",
    labels: ["route", "field"],
    help: "Requests with a field that the origin varies on and that the route neither lists nor detects: not stored, or one answer for all.",
  },
  meridian_origin_requests_total: {
    kind: "counter",
    labels: ["origin", "status"],
    help: "Requests that an origin answered.",
  },
  meridian_origin_failures_total: {
    kind: "counter",
    labels: ["origin", "failure"],
    help: "Requests to an origin that got no usable answer.",
  },
  meridian_origin_bytes_total: {
    kind: "counter",
    labels: ["origin"],
    help: "Bytes of response bodies read from an origin.",
  },
  meridian_origin_breaker_transitions_total: {
    kind: "counter",
    labels: ["origin", "to"],
    help: "Changes of a shield shard's circuit breaker, by the state it went to.",
  },
  meridian_origin_breaker_state: {
    kind: "gauge",
    labels: ["origin", "shard"],
    help: "A shield shard's circuit breaker, as its last request left it: 0 closed, 1 half-open, 2 open.",
  },
  meridian_purge_scopes_total: {
    kind: "counter",
    labels: ["severity", "scope"],
    help: "Scopes of the purges that this region's control API has had accepted.",
  },
  meridian_purge_folds_total: {
    kind: "counter",
    labels: ["into"],
    help: "Times that a shard folded purged scopes, or settle windows, into what covers them, since it had too many.",
  },
  meridian_shard_entries: { kind: "gauge", labels: ["shard"], help: "Entries that a shard holds in memory." },
  meridian_shard_bytes: {
    kind: "gauge",
    labels: ["shard"],
    help: "Bytes of the entries that a shard holds in memory.",
  },
  meridian_metric_updates_dropped_total: {
    kind: "counter",
    labels: [],
    help: "Metric updates that were not kept, because there were too many series or the name was unknown.",
  },
  meridian_region_up: {
    kind: "gauge",
    labels: [],
    help: "1 if the region's hub answered and takes purges, else 0.",
    atScrape: true,
  },
  meridian_region_drained: {
    kind: "gauge",
    labels: [],
    help: "1 if the region takes no clients, else 0.",
    atScrape: true,
  },
  meridian_meter_up: {
    kind: "gauge",
    labels: [],
    help: "1 if the region's meter answered, else 0 and its series are missing.",
    atScrape: true,
  },
  meridian_hub_log_events: {
    kind: "gauge",
    labels: [],
    help: "Events in the log of the region's hub.",
    atScrape: true,
  },
  meridian_hub_forgotten_events: {
    kind: "gauge",
    labels: [],
    help: "Events that the log of the region's hub keeps no longer, since it would be too long.",
    atScrape: true,
  },
  meridian_hub_emptied_timestamp_seconds: {
    kind: "gauge",
    labels: [],
    help: "When the region's hub last found that it was away for longer than logs reach, and purged all of its region.",
    atScrape: true,
  },
  meridian_purges_unapplied: {
    kind: "gauge",
    labels: [],
    help: "Purges among the latest hundred that not every region has applied, as the answering hub knows.",
    atScrape: true,
  },
  meridian_purge_unapplied_oldest_seconds: {
    kind: "gauge",
    labels: [],
    help: "Age of the oldest purge that meridian_purges_unapplied counts; 0 if there is none.",
    atScrape: true,
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
type NamesOf<Kind extends Metric["kind"]> = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { readonly atScrape: true }
    ? never
    : (typeof METRICS)[Name]["kind"] extends Kind
      ? Name
      : never;
}[MetricName];
export type CounterName = NamesOf<"counter">;
export type GaugeName = NamesOf<"gauge">;
export type HistogramName = NamesOf<"histogram">;
export type ScrapedName = Exclude<MetricName, CounterName | GaugeName | HistogramName>;

/** The labels of one metric; a closed label takes its listed values alone, so a wrong one is a type error. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Of in (typeof METRICS)[Name]["labels"][number]]: Of extends ClosedLabel
    ? (typeof LABEL_VALUES)[Of][number]
    : string;
};

/** Whether `name` is in the catalogue. */
export const isMetricName = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

/** What the catalogue says of a metric, without the precision of its literal type. */
export const metricOf = (name: MetricName): Metric => METRICS[name];
