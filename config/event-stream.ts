// Server-sent events (WHATWG HTML section 9.2): a response that lasts as long as its client listens, and is for that client alone. So
// no cache stores it, no request joins it, and it may be silent for longer than other bodies.

/** Whether a value of Content-Type is that of server-sent events. */
export const isEventStream = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^\s*text\/event-stream\s*(;|$)/i.test(contentType);
