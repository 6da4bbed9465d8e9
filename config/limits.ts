// Every limit on what can grow, in one place: a queue, map, body, retry, loop or fan-out without a number here is a bug.
// Each says its unit in its name and its reason beside it. Limits that a user may want to change are in the configuration.

import { KiB, MiB } from "./units.ts";

export const LIMITS = {
  // --- between processes
  /** How old a peer's signature may be: generous to skewed clocks, short for a stolen one. */
  peerSignatureWindowMillis: 60_000,
  /** Nonces remembered for that time; beyond it requests are refused, for a replay must never pass. */
  peerNonces: 200_000,
  /** A message whose digest is signed is read whole to be checked: a purge set at its largest fits, nothing endless does. */
  internalBodyBytes: 16 * MiB,

  // --- a request on its way
  /** Time for the head of an answer, over all tiers and retries together; origins get less than this. */
  requestBudgetMillis: 60_000,
  /** After this long without a head the edge asks the region whether it is alive at all. */
  aliveProbeAfterMillis: 1_000,
  /** A region that does not answer that question in this time is left for the next one. */
  aliveProbeTimeoutMillis: 1_000,
  /** A fill found dead at release is fetched again this often before the client gets a 503. */
  fillAttempts: 3,
  /**
   * An upload of unknown length waits for its first byte or its end this long, to tell whether it is one: the end of an empty one
   * comes with its head, and a client that waits for an answer before it sends must not be kept for long.
   */
  firstByteOfUploadMillis: 100,
  /** A request's field lines: more than browsers and common origins take, and far less than our own tiers can hand on. */
  requestFieldBytes: 64 * KiB,
  /** CDNs that a request may pass: ours among them, the rest a loop (RFC 8586). */
  cdnLoop: 2,

  // --- regions that fail
  /** How long a region that failed is asked last: long enough that not every request pays for trying it. */
  regionAvoidedMillis: 5_000,
  /** The longest such pause, after failures in a row: how late an isolate may notice that a region is back. */
  regionAvoidedMaxMillis: 30_000,

  /** Shield regions that one fill tries; a deployment that lost more has other worries than this request. */
  shieldAttempts: 3,
  /**
   * Regions or shields that may break one request off though they live, before its client hears of it: one may have crashed or
   * be of another version, two most likely fail because of the request or of what the origin says to it, and each asks the origin.
   */
  brokenOff: 2,
  /** Regions that one client's request tries. */
  regionAttempts: 3,

  /** How long an isolate gathers counts before it hands them to its region's meter. */
  meterPushMillis: 1_000,
  /** After this long a push that was set up counts as lost with the request that it belonged to. */
  meterPushGivenUpMillis: 10_000,

  /** The largest body that an edge keeps a copy of: it is read whole before it goes on, and most pages are smaller. */
  copyBytes: 128 * KiB,
  /** Copies in one isolate, beside the entries of shards that may live there too: hot pages are few. */
  copiesBytes: 8 * MiB,

  // --- actions of a route
  /** Rules in one list of an action: each is looked at for each request, and a longer list belongs into an origin. */
  actionRules: 64,
  /** Characters of a field value that an action sets: what common servers take in one line, with room for others. */
  actionValueCharacters: 1_024,
  /** Characters of an error page of one's own, and of all together: they travel with the configuration, so pictures stay outside. */
  errorPageCharacters: 16 * KiB,
  errorPagesCharacters: 128 * KiB,
  /** Clients whose rate an isolate remembers; the one unheard for longest goes first. About 10 MB. */
  rateLimitClients: 65_536,

  /** Pieces in which a body from another node is read: sixteen times as large as the runtime's own, and an eighth of the work. */
  bodyReadBytes: 64 * KiB,

  // --- a shard
  /** An object larger than this that cannot be stored in segments passes through and is not kept. */
  entryBytes: 8 * MiB,
  /** What an entry may take beside its body: the fields that an origin may send, its URL in key and target, tags and variant. */
  entryHeadBytes: 256 * KiB,
  /** Ranges of one request; a field with more is ignored: hundreds of small parts are how servers are made to sweat. */
  ranges: 16,
  /** Ranges closer than this are sent as one: a part of its own costs about as much around it (RFC 9110 section 15.3.7.2). */
  rangeGapBytes: 80,
  /** Large objects are stored in pieces of this size, each placed and fetched by itself: 0.5 to 2 MiB cost little hit ratio. */
  segmentBytes: 1 * MiB,
  /** An object larger than this share of the isolate's memory is stored in segments: whole ones unbalance shards. */
  segmentedAboveShare: 1 / 20,
  /** Segments that are asked for ahead of the one that a client reads, at first and for one that is slower than they come. */
  segmentsAhead: 1,
  /**
   * Bytes that are asked for ahead of a client that is faster than they come: what is under way over 250 ms at 64 MB/s. All
   * bodies of an isolate together ask for so much, as their flights may hold it (`flightBytes`).
   */
  aheadBytes: 16 * MiB,
  aheadBytesTogether: 32 * MiB,
  /** Large objects that a shard remembers as coming from an origin that ignores ranges: a few hundred bytes each. */
  unrangedObjects: 1_024,
  /** Whole bodies that one answer is cut from where the origin ignores ranges: a slow reader may lose some to faster ones. */
  passesPerAnswer: 16,
  /**
   * How long such a body waits, without being read, for another reader: players ask for range after range, and to begin anew
   * costs the origin all that has passed. With so many bodies on their way through a shard none waits any more.
   */
  passLingersMillis: 10_000,
  lingeringPasses: 64,
  /** Segments whose owners are asked, before an answer begins, whether they hold them: 1 GiB, more than an isolate's memory. */
  heldAsked: 1_024,
  /** How long an answer that could begin waits to hear of that: shards of one region are milliseconds apart. */
  heldTimeoutMillis: 250,
  /** How long a large body waits for its first reader, who may have to renew a lease before it may be released. */
  firstReaderMillis: 2_000,
  /** Characters of the tags that travel with each question for a segment: it has to fit beside the other fields. */
  segmentTagCharacters: 4 * KiB,
  /** Bytes that all flights of an isolate may hold before further ones go at the pace of their slowest reader. */
  flightBytes: 32 * MiB,
  /** What a flight at its readers' pace holds at most. */
  pacedFlightBytes: 512 * KiB,
  /** How much longer than the origin's own pause a body from another tier may say nothing: that tier tells us first. */
  bodySilenceBeyondMillis: 5_000,
  /** A reader that takes nothing for this long while others wait for it is cut off. */
  stalledReaderMillis: 10_000,
  /** An origin's error page up to this size is handed to all who waited for it. */
  sharedErrorBytes: 64 * KiB,
  /** Flights under way in one shard; beyond it requests are refused with 503. */
  flights: 4_096,
  /** Requests that wait for the head of one flight; beyond it they are refused with 503. */
  followers: 10_000,
  /**
   * Characters of one request field, or of all key cookies together, by which a route tells responses apart; a request with a longer
   * value passes the cache. Most are far shorter; Next.js describes the layout that a page was left from in several hundred.
   */
  selectingCharacters: 1_024,
  /** How long a flight goes on without anybody who waits for its head: a client that tries again at once finds it. */
  abandonedAfterMillis: 1_000,
  /** Variants of one key; the oldest goes first. */
  variants: 32,
  /** Characters of an `Accept` or `Accept-Language` that count: browsers write about 150. A longer one counts as absent. */
  preferenceCharacters: 256,
  /** Request fields beyond the standard ones that `detectVary` lets select variants of one URL: frameworks name up to five. */
  detectedFields: 8,
  /** Withheld fields of one route that are counted and told by name; an origin names them, and could name any number. */
  withheldFields: 16,
  /** The longest freshness that is guessed from `Last-Modified`: a guess should not outlive a day. */
  heuristicMillis: 86_400_000,
  /** Groups that one answer may end: each is looked for in every entry. */
  invalidatedGroups: 32,
  /** Invalidations that a shard may send everywhere at once, and a second in the long run: each becomes part of every hub's log. */
  invalidationBurst: 10,
  invalidationsPerSecond: 1,
  /** How long an unsafe request's answer waits until its invalidation is accepted by a hub, which itself waits for another. */
  invalidationTimeoutMillis: 3_000,
  /** How long a URL is known to give uncacheable answers, so that its requests do not queue behind each other. */
  hitForMissMillis: 10_000,
  /**
   * How long a hub's lease lets a shard release responses, counted by the shard from before it asked; half of it renews in
   * the background. The longer, the fewer questions, and the later a purge is complete.
   */
  leaseMillis: 2_000,
  /** A lease with less left is renewed before it is used: its answer still has to reach an edge, perhaps in another region. */
  leaseShortMillis: 250,
  /** What is added where the end of others' leases is waited for: clocks may drift by 3 % over a hearing and a lease. */
  leaseMarginMillis: 250,
  /** A hub that gave a shard no lease is waited for again after this long; until then it is asked in the background. */
  leaseRetryMillis: 1_000,
  /** How long a hub grants leases on having heard another hub, counted from before it asked; half of it renews. */
  hearingMillis: 6_000,
  /** How long a sync waits for hubs that were not heard lately: the longest way round the earth and back, twice. */
  hearTimeoutMillis: 800,
  /** A hub that failed to answer is asked again for a hearing after this long; until then nobody waits for it. */
  hearRetryMillis: 1_000,
  /** A hub that has not answered for this long is suspended: much longer than a deploy or a restart takes. */
  suspendAfterMillis: 10_000,
  /** How long a route that serves when it is cut off does so; then it revalidates (DESIGN section 4). */
  cutOffServeMillis: 60_000,
  /** How long a shard waits for its hub before it goes on with what it knows (the route says how). */
  syncTimeoutMillis: 1_500,

  // --- compression
  /** Less plain text than this fits into one packet as it is. */
  compressFromBytes: 1 * KiB,
  /** More is not kept whole, so it would be encoded again for each client. */
  compressToBytes: 8 * MiB,
  /** How long a body of unknown length may pause before it is taken for longer than `compressFromBytes`. */
  compressPeekMillis: 50,
  /** After such a pause of the origin what was encoded so far goes out: a page's head must not wait for its foot. */
  compressFlushMillis: 25,
  /** Encoders and decoders at work in one isolate, each with up to 1.5 MiB of memory; beyond it text goes out plain. */
  encoders: 16,
  /** Bodies up to this length are encoded in one piece, at half the cost: it holds up the isolate for about two milliseconds. */
  compressAtOnceBytes: 64 * KiB,
  /** Plain bodies that requests in other codings may join in one shard; beyond it they ask the origin themselves. */
  plainBodies: 256,

  // --- an origin
  /** Places of a site that a run of failures must cover to count as the origin's, and the pause after which a run is over. */
  breakerPlaces: 3,
  breakerRunMillis: 60_000,
  /** Retries that may be saved up: enough for a pool of connections that all went stale, too few to be a load. */
  originRetriesInStore: 10,
  /** Field lines of an origin's answer: beyond what common servers send, and what clients take. */
  originHeaderBytes: 128 * KiB,
  /** An upload takes a turn once so much of it, or all of it, has come, in this time (2.2 KB/s): a client that drips holds no turn. */
  uploadHeadBytes: 64 * KiB,
  uploadHeadMillis: 30_000,
  /** Beginnings of uploads that one origin client gathers at once, and of one client's: more than a browser has connections. */
  uploadHeads: 64,
  uploadHeadsOfClient: 16,
  /** What must come of a body in so much time that its sender is waited for: 546 B/s, about what Apache asks of uploads. */
  leastRateBytes: 16 * KiB,
  leastRateMillis: 30_000,
  /** Slower answers of one origin client at once, each a connection beside its turns: common servers take a few hundred in all. */
  drippingAnswers: 256,
  /** Pieces in which an origin's body is read: large for speed; what arrives smaller is kept smaller. */
  originReadBytes: 64 * KiB,
  /** A reader that takes nothing of an origin's body for this long leaves its slot to others: a few could hold them all. */
  originReaderRestMillis: 500,
  /** A reader that takes nothing for this long is given up: slow clients behind full buffers pause for a minute or two. */
  originReaderGoneMillis: 300_000,
  /** How long an event stream may say nothing; other bodies have the origin's `idleTimeoutSeconds`. */
  eventStreamIdleMillis: 600_000,

  // --- URLs and purges
  /** Characters of a URL that a cache key or a purge may have: what common servers accept in a request line. */
  urlCharacters: 8 * KiB,
  /** Times that a path is unescaped to see what an origin may read it as: a proxy, a server and a framework, each once. */
  unescapeRounds: 3,
  /** Characters of a tag: what origins may send in one, and what INTERFACE promises. */
  tagCharacters: 1_024,
  /** Tags of one response: as many as other CDNs take; one with more is not stored, for a tag left out is a purge that misses. */
  tags: 1_000,
  /** Characters of a host name (RFC 1035 section 2.3.4, without the last dot). */
  hostCharacters: 253,
  /** Path segments and host labels that are looked at one by one; a longer prefix or `*.` host covers more than it says. */
  scopeDepth: 32,
  /** Scopes that a purge set tells apart; beyond it older ones are folded into their hosts, and what has none into everything. */
  purgeRecords: 32_768,
  /** Settle times of one scope that are told apart, of each hub: they differ by condition, and more within minutes is a mistake. */
  settlesPerScope: 16,
  /** Versions that a purge may name as old, and characters of each tag. */
  notEtags: 16,
  etagCharacters: 256,
  /** Windows in which a shard keeps no refills; beyond it one over a host takes the place of those within it. */
  settleWindows: 32_768,
  /** For how long windows that no host covers, and of which there are too many, keep refills of everything from being stored. */
  settleEverythingSeconds: 30,
  /** How far clocks of nodes may differ for a settle time to hold: one that is over for longer is not begun. */
  settleSkewMillis: 60_000,
  /** Memory of a purge set, by estimate, for the same: every shard of an isolate has one beside its entries. */
  purgeSetBytes: 8 * MiB,

  // --- a hub
  /**
   * Events of a hub's log, and about how many bytes of them; beyond either the older ones go, down to about half. A hub reads
   * all of them when it starts, which a first request waits for: a tenth of a second. And a region that is back after minutes
   * finds what it missed at tens of purges a second.
   */
  logEvents: 20_000,
  logBytes: 16 * MiB,
  /** Hubs beside this one that are all told at once; beyond it a random few are, and pass it on. */
  gossipDirect: 16,
  /** How many are told at once then: two would do, four lose less time to loss. */
  gossipFanOut: 4,
  /** Hubs that one message names as holding all that its sender does, where hubs are many: 8 KB. */
  gossipHolders: 256,
  /** Events and bytes of one message between hubs: a peer far behind catches up in several. */
  gossipBatchEvents: 1_000,
  gossipBatchBytes: 2 * MiB,
  /** Messages of one conversation, each way; what is left then is the next repair's. */
  gossipRounds: 64,
  /** Between two messages to one peer: what is new meanwhile goes together, hundreds a second in fifty messages. */
  gossipPauseMillis: 20,
  /** What a hub has known for so long is no news: longer than a message takes to anywhere, shorter than a repair waits. */
  gossipSettledMillis: 1_000,
  /** Messages under way to one peer, and one to a peer that fails: as many as such pauses fit into the longest way and back. */
  gossipInFlight: 16,
  /** The first repair after something new: by then the hub that accepted it has told everybody, if it lives. */
  gossipRepairFirstMillis: 2_000,
  /** The longest time between repairs while somebody lacks something: a region that comes back hears of it by then. */
  gossipRepairMostMillis: 60_000,
  /** Time for a peer's answer to one message. */
  peerTimeoutMillis: 2_000,
  /** Time for another hub to hold a purge durably before it is refused as not durable. */
  durableTimeoutMillis: 2_500,
  /** Time for other hubs to say whether they know an idempotency key, and for a new hub to join before it refuses. */
  consultTimeoutMillis: 1_000,
  /** How long a sync may ask other hubs for what its shard was shown: less than the shard waits. */
  wantTimeoutMillis: 700,
  /** Time for a shard to apply a purge; then it is left alone, and asks again before it uses what it stored. */
  applyTimeoutMillis: 1_000,
  /** How often shards are asked how many entries a purge ends: each looks at all it has, and one that sleeps is woken. */
  countEndedMillis: 1_000,
  /** Messages to a shard that keeps answering that it lacks more. */
  applyRounds: 4,
  /** How far the clocks may differ of machines on which a hub runs one after the other: they are slewed to the same time. */
  restartSkewMillis: 5_000,
  /** How long a hub counts a shard as using what it was told: its lease, and the margin. */
  subscriptionMillis: 2_250,
  /** How long one question after a purge's state is held open; asked again until the client's time is up. */
  awaitSliceMillis: 1_000,
  /** So late may an answer come to a question that was held open until somebody's time was up: the longest way, there and back. */
  awaitLateMillis: 500,
  /** Questions after purges' states that are held open at once, one to each region: as many as nine regions have to ask. */
  awaitConcurrency: 8,
  /** Purges asked after in one message. */
  awaitDots: 200,
  /** Purges whose final states in other regions are remembered. */
  receiptsRemembered: 4_096,
  /** Purges looked through for one page of a list that is filtered by state. */
  receiptsScanned: 1_000,

  // --- the command line
  /** Places that one latency measurement covers: a longer table is not read, and each place costs minutes. */
  latencyPlaces: 64,
  /** Counted probes for each place and kind: at 100 ms each this is a quarter of an hour for one series. */
  latencySamples: 10_000,
  /** Probes under way at once: more would measure how busy this machine is. */
  latencyConcurrency: 64,
  /** The longest that a probe waits for a response's head, and for the next part of its body. */
  probeTimeoutMillis: 60_000,
  /** A probe reads no more of a body than this: only its head is measured, reading on just keeps the connection. */
  probeBodyBytes: 4 * MiB,
  /** How long the command line tries to connect to the control API, and waits for its answer; longer where it asks to wait. */
  cliConnectMillis: 5_000,
  cliTimeoutMillis: 15_000,
  /** A file of scopes to purge: 5,000 URLs of ordinary length fit. */
  scopeFileBytes: 4 * MiB,

  // --- the local run
  /** Bytes under way in each direction of an emulated connection: 150 ms at 28 MB/s, more than a shop needs. */
  linkBytes: 4 * MiB,
  /** Connections over one link at once: far more than workerd opens, so only a loop of ours would meet it. */
  linkConnections: 4_096,
  /** How long a connection beyond that may take to read its refusal. */
  refusedConnectionMillis: 1_000,
  /**
   * A request's line and fields at a door: more than `requestFieldBytes` and a URL, so that the edge refuses what is too much in
   * its own words, and less than the 128 KiB that workerd reads of a head.
   */
  doorRequestHeadBytes: 112 * KiB,
  /** An answer's status line and fields: `originHeaderBytes`, and what Meridian adds to explain an answer. */
  doorAnswerHeadBytes: 160 * KiB,
  /** How long the front door passes over an edge that shows no sign of life, before one request tries it again. */
  silentEdgeMillis: 5_000,
  /** How long a region may take to start before the launcher gives up on it: ten times what a slow laptop needs. */
  regionStartMillis: 30_000,
  /** How long a started region may take to meet the others before clients are let in all the same. */
  regionGreetingMillis: 10_000,
  /** How long stopping may take before what is left is killed: within the five seconds that users are promised. */
  stopMillis: 4_000,
  /** The pause before a lost process is started again; it doubles with each loss in a row, up to the second figure. */
  restartPauseMillis: 500,
  restartPauseMaxMillis: 8_000,
  /** Restarts in a row before a process is given up, a quarter of a minute after its first loss: what fails so often fails always. */
  restartsInARow: 5,
  /** A process that ran for this long was not lost in a row with what came before. */
  settledAfterMillis: 60_000,
  /** How long a start looks whether an origin takes a connection: beyond this its first clients would give up, too. */
  originCheckMillis: 3_000,
  /** Characters of a runtime's error on the screen: two lines of a terminal. Its log has all of it. */
  screenLineCharacters: 160,
  /** How long the same error is not printed again, and how many different ones are printed in that time. */
  repeatedLineMillis: 60_000,
  repeatedLines: 20,

  /** Client connections that a door of the local run serves; more get 503, and beyond the second figure are closed. Each takes two descriptors or more of those a process may have. */
  doorConnections: 4_096,
  doorConnectionsRefused: 1_024,

  // --- prefetching
  /** URLs of one prefetch, those of its sitemaps among them; more are counted and left out. */
  prefetchUrls: 5_000,
  /** Visits (a URL in a region) of one request: an invocation on the platform may ask others about a thousand times. */
  prefetchVisits: 500,
  /** Visits under way at once, if the origin takes as many: an invocation waits for six answers, and clients come first. */
  prefetchConcurrency: 4,
  /** After this long no visit is begun; what is left is handed back. */
  prefetchMillis: 240_000,
  /** The same once nobody reads along: the platform lets an invocation live on for 30 s. */
  prefetchUnheardMillis: 20_000,
  /** The longest that a body is read for: a large object over a slow origin is warm as far as it was read. */
  warmBodyMillis: 60_000,
  /** Sitemaps of one prefetch, an index and those it names, and the bytes of each when unpacked. */
  sitemaps: 16,
  sitemapBytes: 8 * MiB,
  /** Elements within each other: a sitemap has three. */
  sitemapDepth: 8,

  // --- the control API
  /** Scopes in one purge: what an event may carry to every hub and shard at once. */
  purgeScopes: 5_000,
  /** A request body to the API: 5,000 scopes of usual length. */
  apiBodyBytes: 1 * MiB,
  /** What is read of a larger one, and dropped, so that its sender hears that it is too large: far more than a mistake has. */
  apiDrainedBytes: 16 * MiB,
  /** Characters of a purge's `reason`, and of an `idempotencyKey`: both stay in every hub's log. */
  reasonCharacters: 500,
  idempotencyKeyCharacters: 128,
  /** Faults that one answer lists: enough to mend a request by. */
  problemErrors: 20,
  /** Receipts on one page: each may list thousands of scopes. */
  receiptsPage: 100,
  /** The longest that a purge's answer is held for `wait`. */
  purgeWaitSeconds: 60,
  /** The longest that a purge may keep refills from being stored: an origin's replicas have caught up by then. */
  purgeSettleSeconds: 600,
  /** How long the API waits for a hub beyond what the command itself may take, before it asks another region's. */
  hubAnswerMillis: 5_000,
  /** How long the API waits for each region when it gathers states, totals or dry runs from all: a page should not hang. */
  gatherTimeoutMillis: 3_000,
  /** An answer about the hub's health is this old at most: anybody may ask for it, without a token. */
  healthMillis: 1_000,
  /** Tokens in the secret API_TOKENS, and hosts of one: each request is compared with all of them. */
  apiTokens: 256,
  tokenHosts: 256,
  /** Requests that a token may make at once, and a second in the long run, in each isolate: a dashboard makes two a second. */
  apiRequestBurst: 300,
  apiRequestsPerSecond: 50,
  /** How many purges count as one request: a shop that imports its prices purges hundreds of times a second. */
  apiPurgesPerRequest: 10,
  /** Scopes that a token may purge at once, and a second in the long run: less at once than a purge set tells apart. */
  apiScopeBurst: 20_000,
  apiScopesPerSecond: 500,
  /** Scopes of a token that may settle at once: a quarter of the windows that a shard tells apart. */
  apiSettleWindows: 8_192,

  // --- metrics
  /** Characters of a label's value: names in the configuration are shorter. */
  metricLabelCharacters: 64,
  /** Series in one isolate's push: nine regions' worth of routes and outcomes that really occur. */
  tallySeries: 1_024,
  /** Series in one meter: as many as fit into one stored value of 2 MB, with room to spare. */
  meterSeries: 4_096,
  /** A push to a meter: 1,024 series of usual length. */
  meterPushBytes: 256 * KiB,
  /** Isolates whose last push a meter remembers; the one unheard for longest goes first. */
  meterSources: 1_024,
  /** How long a meter counts in memory before it writes: what a crash can lose. */
  meterWriteBehindMillis: 5_000,
  /** A gauge that nobody has set for this long is not shown: its shard has gone to sleep. */
  gaugeMillis: 900_000,
  /** One sample of the drawn series, and how many are kept: twenty minutes. */
  meterSampleMillis: 10_000,
  meterSamples: 120,

  // --- the dashboard
  /** How often a visible page asks: three requests, well within a token's rate. */
  dashboardRefreshMillis: 2_000,
  /** An answer that takes longer is taken for none: it would be five refreshes old. */
  dashboardAnswerMillis: 10_000,
  /** Traffic "now" is measured over this: regions report in batches, and less would only show the batches. */
  dashboardRecentMillis: 10_000,
  /** Receipts listed: as many as the panel shows with a little scrolling. */
  dashboardPurges: 20,
  /** After a purge its receipt is asked for this often, at this pace: five seconds, by when it is applied or somebody must look. */
  dashboardReceiptTries: 20,
  dashboardReceiptMillis: 250,
} as const;
