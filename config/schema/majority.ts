// Warns about a number of regions that does not survive the loss of one. The others continue only if they are a majority of all
// (control-plane/membership/suspension.ts); of two regions neither is one. That is a warning, not an error, since two may suffice.

/** Why the loss of one of so many regions stops the leases of all others, and what to do; undefined if it does not. */
export function noMajorityWarning(regions: number): string | undefined {
  if (regions !== 2) return undefined;
  return (
    "of two regions neither is a majority: if one is lost, the other serves its stored responses for a minute and then asks the " +
    "origin for everything until it is back; with three or more the others continue, and a single region waits for no other"
  );
}
