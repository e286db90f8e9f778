import type { HealthPart } from '@mandate/service-kit';

/** What a composed part brings along: what `/readyz` asks, and how to let go of it. */
export interface ComposedPart {
  parts: readonly HealthPart[];
  close(): void;
}

/** Several parts as one. */
export function uniteParts(parts: readonly (ComposedPart | undefined)[]): ComposedPart {
  const present = parts.filter((part) => part !== undefined);
  return {
    parts: present.flatMap((part) => part.parts),
    close: () => present.forEach((part) => part.close()),
  };
}
