import { expect, it } from '@jest/globals';
import { flowsOf } from './network-flows.js';
import { describeRendered, overlayNames, renderOverlay } from './rendered-overlay.js';

const SERVICES = ['authentication', 'token-validation', 'token-exchange'];
const toEach = (peer: string, port: string): string[] => SERVICES.map((service) => `${peer} -> ${service}: ${port}`);
const fromEach = (peer: string, port: string): string[] => SERVICES.map((service) => `${service} -> ${peer}: ${port}`);

/** Callers, each other's public keys, who may act as whom, and the names of the cluster. */
const BASE = [
  ...toEach('mandate.dev/caller=true', 'TCP http'),
  ...toEach('namespace mandate.dev/caller=true', 'TCP http'),
  'token-validation -> authentication: TCP http',
  'token-validation -> token-exchange: TCP http',
  'token-exchange -> authentication: TCP http',
  'authentication -> token-exchange: TCP http',
  ...['TCP 53', 'UDP 53'].flatMap((port) => fromEach('k8s-app=kube-dns in namespace kube-system', port)),
];
const OWN_REDIS = fromEach('redis', 'TCP redis');
const AM = ['token-exchange -> anybody: TCP 443'];
const PRODUCTION = [
  ...fromEach('192.0.2.0/24', 'TCP 6379'),
  ...toEach('namespace ingress-nginx', 'TCP http'),
  ...toEach('namespace monitoring', 'TCP management'),
];
const PUBLIC = '0.0.0.0/0 but 10.0.0.0/8 but 100.64.0.0/10 but 169.254.0.0/16 but 172.16.0.0/12 but 192.168.0.0/16';
const KEYS = fromEach(PUBLIC, 'TCP 443');
const APP = 'authentication -> 192.0.2.0/24: TCP 443';

/** What each overlay allows beside {@link BASE}, with components added to it or not. */
const FLOWS: [overlay: string, components: string[], flows: string[]][] = [
  ['json', [], OWN_REDIS],
  ['jwt', [], OWN_REDIS],
  ['opa', [], OWN_REDIS],
  ['openam', [], [...OWN_REDIS, ...AM]],
  ['production', [], PRODUCTION],
  ['json', ['external-keys'], [...OWN_REDIS, ...KEYS]],
  ['json', ['clients-ldap'], [...OWN_REDIS, ...fromEach('192.0.2.0/24', 'TCP 636')]],
  ['json', ['clients-mongodb'], [...OWN_REDIS, ...fromEach('192.0.2.0/24', 'TCP 27017')]],
  ['json', ['clients-cassandra'], [...OWN_REDIS, ...fromEach('192.0.2.0/24', 'TCP 9042')]],
  ['json', ['clients-redis'], [...OWN_REDIS, ...fromEach('192.0.2.0/24', 'TCP 6379')]],
  ['json', ['people'], [...OWN_REDIS, APP]],
  ['json', ['people', 'people-ping'], [...OWN_REDIS, APP, `authentication -> ${PUBLIC}: TCP 443`]],
  ['json', ['gateway'], [...OWN_REDIS, ...toEach('namespace gateway', 'TCP http')]],
];

describeRendered('the flows of', () => {
  it('every overlay are listed', async () => {
    expect([...new Set(FLOWS.map(([overlay]) => overlay))].sort()).toEqual((await overlayNames()).sort());
  });

  it.each(FLOWS)('overlay %s with components %j are these and no others', async (overlay, components, flows) => {
    const renderedOverlay = await renderOverlay(overlay, { components });
    expect(flowsOf(renderedOverlay)).toEqual([...BASE, ...flows].sort());
  });
});
