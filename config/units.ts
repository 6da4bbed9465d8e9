// Units as types: a duration never meets an instant, and a number never loses its unit. Each is a branded number, so
// arithmetic stays plain and mixing is a type error. Instants are wall-clock; what must not depend on clocks uses vectors.

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A length of time in seconds; may be fractional. */
export type Seconds = Unit<"seconds">;
/** A length of time in milliseconds. */
export type Millis = Unit<"millis">;
/** An instant: milliseconds since 1970-01-01T00:00:00Z by the holder's own clock. */
export type EpochMillis = Unit<"epoch-millis">;
/** A number of bytes. */
export type Bytes = Unit<"bytes">;
/** A distance over the ground in kilometres. */
export type Kilometres = Unit<"kilometres">;

export const seconds = (value: number): Seconds => value as Seconds;
export const millis = (value: number): Millis => value as Millis;
export const epochMillis = (value: number): EpochMillis => value as EpochMillis;
export const bytes = (value: number): Bytes => value as Bytes;
export const kilometres = (value: number): Kilometres => value as Kilometres;

/** The instant `duration` after `at` (before it, if negative). */
export const addMillis = (at: EpochMillis, duration: Millis): EpochMillis => epochMillis(at + duration);
/** How long `to` lies after `from`; negative if it lies before. */
export const between = (from: EpochMillis, to: EpochMillis): Millis => millis(to - from);
export const toMillis = (value: Seconds): Millis => millis(value * 1000);
export const toSeconds = (value: Millis): Seconds => seconds(value / 1000);

export const KiB = 1024;
export const MiB = 1024 * 1024;
