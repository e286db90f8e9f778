import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDirectory } from '@mandate/testing';
import { tableRows } from '../documents/markdown.js';
import { startKubernetesJudge } from './kubernetes-judge.js';
import { SERVICE_SCHEMAS } from './service-schemas.js';

// The command lines of k8s/README.md, as they stand and one after the other. kubectl is the real one, at an API server of this
// test alone; what asks for nodes or images is a stand-in that writes down how it was called.

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'k8s/README.md'), 'utf8');
const judge = await startKubernetesJudge({ ...process.env, TEST_KUBECONFIG: undefined });
const directory = testDirectory();
afterAll(() => judge?.stop());

/** The shell blocks below a heading of the second level. */
function blocks(heading: string): string {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const commands = [...(section.split('\n## ')[0] ?? '').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
    ([, block]) => block,
  );
  if (commands.length === 0) throw new Error(`no commands below ${heading}`);
  return commands.join('\n');
}

/** On a machine with other work the commands take a while. */
const PATIENCE_MS = 240_000;

const NOTED = 'echo "$(basename "$0") $*" >>calls\n';
const STAND_INS: Readonly<Record<string, string>> = {
  docker: NOTED,
  kind: NOTED,
  // Makes what an overlay wants, but for the two files that are the reader's; walks when there is a way.
  npm: `${NOTED}
case "$*" in *k8s:secrets*)
  overlay=k8s/overlays/json; [ $# -lt 4 ] || overlay=$4
  mkdir -p $overlay/secrets
  files='authentication.jwks.json token-exchange.jwks.json clients.json'
  [ $overlay != k8s/overlays/json ] || files="$files redis-url redis-users.acl"
  for file in $files; do echo made >$overlay/secrets/$file; done ;;
*walkthrough*) until [ "$(grep -c '^no pod for' calls)" = 3 ]; do sleep 0.1; done
esac\n`,
  // There is no node: what waits for pods need not wait long, and may say that there are none.
  kubectl: `${NOTED}
args=()
for arg; do case $arg in --timeout=*) arg=--timeout=1s ;; esac; args+=("$arg"); done
case " $* " in
  *' port-forward '*) args+=(--pod-running-timeout=1s) ;;
  *' delete '*) args+=(--wait=false) ;;
esac
complaints=$(mktemp) status=0
"$JUDGE_KUBECTL" --kubeconfig "$JUDGE_KUBECONFIG" "\${args[@]}" 2>"$complaints" || status=$?
cat "$complaints" >&2
case " $* " in
  *' port-forward '*) grep -q 'timed out waiting' "$complaints" && echo "no pod for $*" >>calls && exec sleep 60 ;;
  *' wait '* | *' rollout status '*) grep -q 'timed out waiting' "$complaints" && exit 0 ;;
  *' rollout undo '*) grep -q 'no rollout history found' "$complaints" && exit 0 ;;
  *' diff '*) [ $status -gt 1 ] || exit 0 ;;
esac
exit $status\n`,
};

async function follow(heading: string): Promise<{ stdout: string; calls: string[] }> {
  writeFileSync(join(directory, 'calls'), '');
  const env = {
    PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
    HOME: directory,
    EDITOR: 'true',
    JUDGE_KUBECTL: judge?.kubectl,
    JUDGE_KUBECONFIG: judge?.kubeconfig,
  };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', blocks(heading)], {
    cwd: directory,
    env,
  });
  return { stdout, calls: readFileSync(join(directory, 'calls'), 'utf8').trimEnd().split('\n') };
}

const list = async (kinds: string): Promise<string> =>
  (await judge?.ask(['-n', 'mandate', 'get', kinds, '-o', 'yaml']))?.output ?? '';

describe('k8s/README.md', () => {
  it('numbers what there is to change as overlays/production does', () => {
    const text = readFileSync(join(root, 'k8s/overlays/production/kustomization.yaml'), 'utf8');
    const numbers = [...text.matchAll(/^ *# (\d)\. /gm)].map(([, number]) => number);
    expect(
      tableRows(page, '')
        .map(([number]) => number)
        .filter((cell) => /^\d$/.test(cell ?? '')),
    ).toEqual(numbers);
  });

  it('names every component and overlay', () => {
    // `opa/` is short for `overlays/opa/` in the table.
    for (const group of ['components', 'overlays']) {
      for (const name of readdirSync(join(root, 'k8s', group)))
        expect(page).toMatch(new RegExp(`\`(${group}/)?${name}/?\``));
    }
  });
});

(judge === undefined ? describe.skip : describe)('the commands of k8s/README.md', () => {
  beforeAll(() => {
    cpSync(join(root, 'k8s'), join(directory, 'k8s'), {
      recursive: true,
      filter: (path) => !path.endsWith('/secrets'),
    });
    mkdirSync(join(directory, 'bin'));
    for (const [name, script] of Object.entries(STAND_INS)) {
      writeFileSync(join(directory, 'bin', name), `#!/usr/bin/env bash\nset -eu\n${script}`);
      chmodSync(join(directory, 'bin', name), 0o755);
    }
    writeFileSync(join(directory, 'redis-ca.pem'), 'a certificate');
  });

  it(
    'try it in kind: images, secrets, overlay json',
    async () => {
      const { calls } = await follow('Try it with kind');
      expect(calls.filter((call) => call.startsWith('docker build'))).toEqual(
        Object.keys(SERVICE_SCHEMAS).map(
          (name) => `docker build --build-arg SERVICE=${name} -t mandate-${name}:0.1.0 .`,
        ),
      );
      expect(await list('deployments')).toContain('image: mandate-token-exchange:0.1.0');
      expect(await list('deployments,services')).toContain('name: redis');
    },
    PATIENCE_MS,
  );

  it(
    'deploy in earnest: after one line of sed nothing has the name of the example',
    async () => {
      await follow('Deploy in earnest');
      expect(await list('deployments,ingresses,configmaps')).not.toContain('mandate.example.com');
      expect(await list('ingresses')).toContain('host: token-exchange.id.example.org');
      expect(await list('deployments')).toContain('image: registry.example.com/mandate-token-exchange:0.1.0');
      expect(await list('secrets')).toContain(Buffer.from('a certificate').toString('base64'));
      const kinds = await list('horizontalpodautoscalers,servicemonitors,prometheusrules,poddisruptionbudgets');
      expect(kinds.match(/^ {2}kind: /gm)).toHaveLength(8);
    },
    PATIENCE_MS,
  );

  it(
    'check, with the walkthrough',
    async () => {
      const { calls } = await follow('Check');
      expect(calls).toContain('npm run walkthrough');
      const forwards = Object.keys(SERVICE_SCHEMAS).map((name) =>
        expect.stringContaining(`port-forward service/${name} `),
      );
      const unanswered = calls.filter((call) => call.startsWith('no pod for'));
      expect(unanswered).toEqual(expect.arrayContaining(forwards));
    },
    PATIENCE_MS,
  );

  it(
    'upgrade and undo',
    async () => {
      const { calls } = await follow('Upgrade and undo');
      expect(calls.map((call) => call.split(' ').slice(0, 5).join(' '))).toEqual([
        'kubectl diff -k k8s/overlays/production',
        'kubectl apply -k k8s/overlays/production',
        'kubectl -n mandate rollout status',
        'kubectl -n mandate rollout undo',
      ]);
    },
    PATIENCE_MS,
  );
});
