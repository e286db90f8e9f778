import type { Runtime } from '@mandate/service-kit';

/** The HMAC secret of the JWK that the manifests of the 2018 services print: no secret of anybody. */
const PUBLISHED_SECRET = 'FdFYFzERwC2uCBB46pZQi4GG85LujR8obt-KWRBICVQ';

/** Whether a JWK, in base64 or as JSON, is the demonstration key of the 2018 services. */
export function isDemonstrationKey(jwk: string): boolean {
  return [jwk, Buffer.from(jwk, 'base64').toString()].some((text) => text.includes(PUBLISHED_SECRET));
}

/** Says at start that whoever reads the published manifests can sign what is believed here. */
export function warnOfDemonstrationKey(variable: string, jwk: string, { logger }: Runtime): void {
  if (!isDemonstrationKey(jwk)) return;
  logger.warn('the demonstration key of the 2018 services is trusted, with which anybody can sign: use your own', {
    variable,
  });
}
