import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { parseClients } from '@mandate/clients';
import { readConfig } from '@mandate/service-kit';
import { z } from 'zod';
import { deployment } from './kubernetes-objects.js';
import { flowsOf } from './network-flows.js';
import { type OverlayChanges, type RenderedOverlay, describeRendered, renderOverlay } from './rendered-overlay.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

const root = resolve(import.meta.dirname, '../..');
const portsObject = z.object({ spec: z.looseObject({ ports: z.array(z.looseObject({ port: z.number() })) }) });

/** What a person does in overlay production to have people asked: its lines about that lose their `#`. */
const uncomment = (text: string): string =>
  text
    .replace(/^ {2}# (- .*\/components\/people)$/m, '  $1')
    .replace(/^( {2}# Beside components\/people: .*\n)((?: {2}# .*\n)+)/m, (_, title: string, lines: string) => {
      return title + lines.replace(/^ {2}# /gm, '  ');
    });

/** The variables of a service, each known to its schema and effective. */
function environmentOf({ objects }: RenderedOverlay, service: string): Record<string, string> {
  const match = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === service);
  const { env } = deployment.parse(match).spec.template.spec.containers[0];
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const readTextFile = (): string => 'redis://redis:6379';
  readConfig(SERVICE_SCHEMAS[service]!, { env: { ...variables, CONFIG_STRICT: 'true' }, readTextFile });
  return variables;
}

const overlaysThatAsk: [overlay: string, changes: OverlayChanges, app: string][] = [
  ['json', { components: ['people'] }, 'https://app.example.com/questions'],
  ['production', { edit: uncomment }, 'https://app.mandate.example.com/questions'],
];

describeRendered.each(overlaysThatAsk)('people are asked in overlay %s', (name, changes, app) => {
  it('by authentication, at the app of the operator, which it alone reaches', async () => {
    const overlay = await renderOverlay(name, changes);
    expect(environmentOf(overlay, 'authentication')).toMatchObject({ CIBA_CHANNEL: 'webhook', CIBA_WEBHOOK_URL: app });
    const plain = await renderOverlay(name);
    const newFlows = flowsOf(overlay).filter((flow) => !flowsOf(plain).includes(flow));
    expect(newFlows).toEqual(['authentication -> 192.0.2.0/24: TCP 443']);
  });

  it('for token-exchange, which knows whose people they are, and gets no secret: its keys are fetched from its Service', async () => {
    const overlay = await renderOverlay(name, changes);
    const { CONSENT_URL, CONSENT_ISSUER, ...env } = environmentOf(overlay, 'token-exchange');
    expect(CONSENT_ISSUER).toBe(environmentOf(overlay, 'authentication')['TOKEN_ISSUER']);
    expect(Object.keys(env).filter((variable) => variable.startsWith('CONSENT_'))).toEqual([]);
    const client = parseClients(readFileSync(resolve(root, 'config/development/clients.json'), 'utf8')).get(
      'token-exchange',
    );
    const addresses = overlay.objects
      .filter(({ kind }) => kind === 'Service')
      .flatMap((object) =>
        portsObject.parse(object).spec.ports.map(({ port }) => `http://${object.metadata.name}:${port}`),
      );
    expect(addresses).toContain(CONSENT_URL);
    expect(addresses.map((address) => `${address}/.well-known/jwks.json`)).toContain(client?.jwksUri);
    const { OUTBOUND_PRIVATE_HOSTS: hosts } = environmentOf(overlay, 'authentication');
    expect(new URL(client?.jwksUri ?? '').host).toBe(hosts);
    const flows = flowsOf(overlay);
    expect(flows).toContain('token-exchange -> authentication: TCP http');
    expect(flows).toContain('authentication -> token-exchange: TCP http');
  });

  it('not without the component', async () => {
    const overlay = await renderOverlay(name);
    const variables = ['authentication', 'token-exchange'].flatMap((service) =>
      Object.keys(environmentOf(overlay, service)),
    );
    expect(variables.filter((variable) => /^(?:CIBA|CONSENT)_/.test(variable))).toEqual([]);
  });
});
