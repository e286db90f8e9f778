import type { HealthPart } from '@mandate/service-kit';

/** What a composed part brings along: what `/readyz` asks, and how to close it, where it holds something open. */
export interface ComposedPart {
  parts: readonly HealthPart[];
  close?(): void;
}

/** A part that the service serves without: when it fails, the service is degraded and goes on. */
export function withoutNeed<Part extends ComposedPart>(part: Part): Part {
  return { ...part, parts: part.parts.map((health) => ({ ...health, needed: false })) };
}

/** Several parts as one. */
export function uniteParts(parts: readonly (ComposedPart | undefined)[]): Required<ComposedPart> {
  const present = parts.filter((part) => part !== undefined);
  return {
    parts: present.flatMap((part) => part.parts),
    close: () => present.forEach((part) => part.close?.()),
  };
}
