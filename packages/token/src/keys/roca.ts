const FINGERPRINT_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/**
 * Whether an RSA modulus has the ROCA fingerprint (CVE-2017-15361): modulo each small prime it lies in the subgroup
 * that 65537 generates. A sound key does so by chance about once in 2^27.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return FINGERPRINT_PRIMES.every((prime) => subgroupOf65537(prime).has(Number(modulus % BigInt(prime))));
}

function subgroupOf65537(prime: number): Set<number> {
  const generator = 65537 % prime;
  const members = new Set<number>();
  for (let power = 1; !members.has(power); power = (power * generator) % prime) members.add(power);
  return members;
}
