/** The time in whole seconds since 1970-01-01T00:00:00Z, the unit of every JWT time claim (RFC 7519 section 2). */
export type Clock = () => number;
