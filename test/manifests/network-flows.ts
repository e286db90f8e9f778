import type { z } from 'zod';
import { deployment, networkPolicy, selects } from './kubernetes-objects.js';
import type { RenderedOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

type Rule = NonNullable<z.output<typeof networkPolicy>['spec']['egress']>[number];
type Peer = Rule['to'][number];

/**
 * Every flow of the three services that the NetworkPolicies of an overlay allow, as `from -> to: port`, sorted. One between two
 * of them is allowed when both ends allow it.
 */
export function flowsOf({ objects }: RenderedOverlay): string[] {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map((object) => networkPolicy.parse(object));
  const services = objects
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name in SERVICE_SCHEMAS)
    .map((object) => deployment.parse(object));
  const flows = services.flatMap(({ metadata: { name }, spec: { template } }) => {
    const about = policies.filter((policy) => selects(policy, template.metadata.labels)).map(({ spec }) => spec);
    const incoming = about.flatMap(({ ingress = [] }) => ingress.flatMap(({ from, ports }) => otherEnds(from, ports)));
    const outgoing = about.flatMap(({ egress = [] }) => egress.flatMap(({ to, ports }) => otherEnds(to, ports)));
    return [
      ...incoming.map(({ peer, port }) => `${peer} -> ${name}: ${port}`),
      ...outgoing.map(({ peer, port }) => `${name} -> ${peer}: ${port}`),
    ];
  });
  const ends = (flow: string): number => flow.split(/ -> |: /).filter((name) => name in SERVICE_SCHEMAS).length;
  const allowedFlows = flows.filter((flow) => flows.filter((other) => other === flow).length >= ends(flow));
  return [...new Set(allowedFlows)].sort();
}

/** The other ends of a rule: no peer means anybody. */
function otherEnds(peers: readonly Peer[], ports: Rule['ports']): { peer: string; port: string }[] {
  const names = peers.length === 0 ? ['anybody'] : peers.map(nameOf);
  return names.flatMap((peer) => ports.map(({ protocol, port }) => ({ peer, port: `${protocol} ${port}` })));
}

function nameOf({ namespaceSelector, podSelector, ipBlock }: Peer): string {
  if (ipBlock !== undefined) return [ipBlock.cidr, ...ipBlock.except.map((cidr) => `but ${cidr}`)].join(' ');
  const namespace = namespaceSelector && `namespace ${labelsOf(namespaceSelector)}`;
  return [podSelector && labelsOf(podSelector), namespace].filter((part) => part !== undefined).join(' in ');
}

/** A Service or namespace by its name, anything else as `label=value`. */
const labelsOf = ({ matchLabels }: { matchLabels: Readonly<Record<string, string>> }): string =>
  Object.entries(matchLabels)
    .map(([key, value]) => (/\/(metadata\.)?name$/.test(key) ? value : `${key}=${value}`))
    .join(',');
