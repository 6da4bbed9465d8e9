// Targeted cache control over real sockets (RFC 9213): the suite's release knows only its predecessor, `Surrogate-Control`, so these
// tests are our own, in the suite's form and run by its client. Each stores a response and asks again three seconds later.

/** The response fields of the first request, and whether the second must be answered from store. */
interface Row {
  readonly id: string;
  readonly fields: readonly (readonly [name: string, value: string | number])[];
  readonly expect: "cached" | "not_cached";
}

const targeted = (value: string) => ["CDN-Cache-Control", value] as const;
const general = (value: string) => ["Cache-Control", value] as const;

const ROWS: readonly Row[] = [
  { id: "max-age", fields: [targeted("max-age=3600")], expect: "cached" },
  { id: "max-age-32-bit", fields: [targeted("max-age=2147483648")], expect: "cached" },
  { id: "max-age-beyond", fields: [targeted("max-age=99999999999")], expect: "cached" },
  { id: "max-age-0", fields: [targeted("max-age=0")], expect: "not_cached" },
  { id: "age", fields: [targeted("max-age=3600"), ["Age", "7200"]], expect: "not_cached" },
  { id: "extension", fields: [targeted("foobar, max-age=3600")], expect: "cached" },
  { id: "over-past-expires", fields: [targeted("max-age=3600"), ["Expires", -10_000], ["Date", 0]], expect: "cached" },
  { id: "over-bad-expires", fields: [targeted("max-age=3600"), ["Expires", "0"]], expect: "cached" },
  { id: "0-over-expires", fields: [targeted("max-age=0"), ["Expires", 10_000], ["Date", 0]], expect: "not_cached" },
  { id: "longer-than-general", fields: [general("max-age=1"), targeted("max-age=3600")], expect: "cached" },
  { id: "shorter-than-general", fields: [general("max-age=3600"), targeted("max-age=1")], expect: "not_cached" },
  { id: "private", fields: [general("max-age=3600"), targeted("private")], expect: "not_cached" },
  { id: "no-cache", fields: [general("max-age=3600"), targeted("no-cache")], expect: "not_cached" },
  { id: "no-store", fields: [general("max-age=3600"), targeted("no-store")], expect: "not_cached" },
  { id: "opens-no-store", fields: [general("no-store"), targeted("max-age=3600")], expect: "cached" },
  { id: "invalid-is-ignored", fields: [general("max-age=3600"), targeted("no-store, &&&")], expect: "cached" },
  { id: "invalid-opens-nothing", fields: [general("no-store"), targeted("max-age=3600, &&&")], expect: "not_cached" },
  { id: "text-is-no-lifetime", fields: [general("no-store"), targeted('max-age="3600"')], expect: "not_cached" },
  {
    id: "ours-comes-first",
    fields: [["Meridian-CDN-Cache-Control", "max-age=3600"], targeted("no-store")],
    expect: "cached",
  },
];

/** The rows as tests of the suite. The third member of a field says whether the client must see it: ours ends at the edge. */
export const TARGETED = ROWS.map(({ id, fields, expect }) => ({
  id: `targeted-${id}`,
  name: `targeted cache control: ${id}`,
  requests: [
    {
      response_headers: fields.map(([name, value]) => [name, value, name === "CDN-Cache-Control"]),
      setup: true,
      pause_after: true,
    },
    { expected_type: expect },
  ],
}));
