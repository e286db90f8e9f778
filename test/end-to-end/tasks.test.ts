import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePorts, opaProgram, startRealPart, testDirectory, until } from '@mandate/testing';

// docs/tasks.md is done as it says: the lines that start something run in one shell, the others in a second one, and print
// what the document says they print. The task with three processes has fixed ports and is done by hand.

const root = resolve(import.meta.dirname, '../..');
const [preface = '', ...sections] = readFileSync(join(root, 'docs/tasks.md'), 'utf8').split(/^## /m);
const BY_HAND = 'Three processes';
const PORTS = ['8080', '9090', '8181', '8082', '9092'];
const START = { deadlineSeconds: 150 };

interface Task {
  title: string;
  starts: string | undefined;
  lines: string | undefined;
  prints: string | undefined;
}

const shellBlocks = (text: string): string[] =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);

function readTask(section: string): Task {
  const blocks = shellBlocks(section);
  const starts = blocks.find((block) => block.includes('npm start'));
  const [, prints] = /^```text\n([\s\S]*?)^```/m.exec(section) ?? [];
  return {
    title: section.split('\n')[0] ?? '',
    starts,
    lines: blocks.find((block) => block !== starts),
    prints,
  };
}

/** A task without lines of its own is tried by those of the one before. */
const tasks = sections
  .map(readTask)
  .map((task, index, all) =>
    task.lines === undefined ? { ...all[index - 1]!, title: task.title, starts: task.starts } : task,
  )
  .filter(({ title }) => !title.includes(BY_HAND));

/** `...` stands for anything. */
function pattern(prints: string): RegExp {
  const fragments = prints.trim().split('...');
  return new RegExp(`^${fragments.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*?')}$`);
}

const opa = await startRealPart(opaProgram, process.env);
const folder = testDirectory();

describe('docs/tasks.md', () => {
  let child: ChildProcess | undefined;
  afterEach(async () => {
    if (child?.pid === undefined) return;
    const exit = once(child, 'close');
    process.kill(-child.pid, 'SIGKILL');
    await exit;
    child = undefined;
  });

  const isHere = ({ starts }: Task): boolean => opa !== undefined || starts?.includes('opa run') !== true;
  describe.each(tasks)('$title', (task) => {
    const test = isHere(task) ? it : it.skip;
    test('works as it says', () => doTask(task));
  });

  async function doTask(task: Task): Promise<void> {
    const ports = await freePorts(PORTS.length);
    const withOwnPorts = (text: string): string =>
      PORTS.reduce(
        (result, port, index) => result.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(ports[index])),
        text,
      );
    const [definitions = ''] = shellBlocks(preface);
    const script = (block: string): string => withOwnPorts(`${definitions.replace('/tmp/mine', folder)}\n${block}`);
    const env = {
      ...process.env,
      PATH: [dirname(opa?.address ?? '/nowhere'), process.env['PATH']].join(delimiter),
      PORT: String(ports[0]),
      MANAGEMENT_PORT: String(ports[1]),
      DEVELOPMENT_KEYS_DIRECTORY: folder,
    };
    if (task.starts !== undefined) {
      let output = '';
      child = spawn('bash', ['-c', script(task.starts)], { cwd: root, env, detached: true });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
      const usedPorts = PORTS.flatMap((port, index) =>
        task.starts?.includes(port) === true || port === '8080' ? [ports[index] ?? 0] : [],
      );
      await until(async () => (await Promise.all(usedPorts.map(isOpen))).every(Boolean), START);
      const lastLine = task.starts.includes('DEMONSTRATION=off') ? '' : 'From here on the log';
      await until(() => output.includes(lastLine), START);
    }
    // What prints something is judged by that: explain, for one, ends with 1 where it explains a refusal.
    const judgedDirectly = task.prints === undefined ? '' : 'true';
    const lines = script(`${task.lines ?? ''}\n${judgedDirectly}`);
    const { stdout } = await promisify(execFile)('bash', ['-uc', lines], { cwd: root, env });
    if (task.prints !== undefined) expect(stdout.trim()).toMatch(pattern(withOwnPorts(task.prints)));
  }
});

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isConnected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isConnected;
}
