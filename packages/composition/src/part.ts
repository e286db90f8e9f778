import type { HealthPart } from '@mandate/service-kit';

/** What a composed part brings along: what `/readyz` asks, and how to close it. */
export interface ComposedPart {
  parts: readonly HealthPart[];
  close(): void;
}

/** A part that the service serves without: when it fails, the service is degraded and goes on. */
export function withoutNeed(part: ComposedPart): ComposedPart {
  const parts = part.parts.map((health) => ({ ...health, needed: false }));
  return { parts, close: () => part.close() };
}

/** Several parts as one. */
export function uniteParts(parts: readonly (ComposedPart | undefined)[]): ComposedPart {
  const present = parts.filter((part) => part !== undefined);
  return {
    parts: present.flatMap((part) => part.parts),
    close: () => present.forEach((part) => part.close()),
  };
}
