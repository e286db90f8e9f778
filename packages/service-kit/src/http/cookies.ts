/**
 * The value of a cookie of a `Cookie` header (RFC 6265 section 4.2), as it stands there. `undefined` where there is none
 * of this name, or more than one: a neighbouring host can add one of its own, and which comes first is for it to say.
 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  const [value, ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`));
  return others.length > 0 ? undefined : value?.slice(name.length + 1);
}
