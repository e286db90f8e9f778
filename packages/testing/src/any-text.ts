import fc from 'fast-check';

/** Any string, lone surrogates and control characters included; every other one is plain ASCII. */
export function anyText(constraints: fc.ArrayConstraints = {}): fc.Arbitrary<string> {
  const units = fc.array(fc.nat({ max: 0xffff }), constraints);
  return fc.oneof(
    fc.string(constraints),
    units.map((codes) => String.fromCharCode(...codes)),
  );
}
