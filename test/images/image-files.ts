import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { testDirectory } from '@mandate/testing';
import { docker, run } from './docker.js';

/** A file, folder or link of an image: `mode` as `ls` shows it, `owner` as numbers, `path` without a slash in front. */
export interface ImageFile {
  mode: string;
  owner: string;
  path: string;
}

/** The root file system of an image with its folder `app` laid out on this machine. */
export interface ImageFiles {
  files: ImageFile[];
  app: string;
}

/** Takes an image apart; nothing of it runs. */
export async function readImageFiles(image: string): Promise<ImageFiles> {
  const directory = testDirectory();
  const archive = join(directory, 'image.tar');
  const container = await docker('create', image);
  try {
    await docker('export', '--output', archive, container);
  } finally {
    await docker('rm', container);
  }
  const listing = await run('tar', ['--numeric-owner', '-tvf', archive]);
  await run('tar', ['-C', directory, '-xf', archive, 'app']);
  await rm(archive);
  return {
    files: listing.split('\n').map(parseLine),
    app: join(directory, 'app'),
  };
}

/** `-rw-r--r-- 0/0   620 2026-11-22 02:16 app/package.json`, of a link with ` -> target` behind it. */
function parseLine(line: string): ImageFile {
  const [mode = '', owner = '', , , , ...path] = line.split(/\s+/);
  return { mode, owner, path: path.join(' ').replace(/ (->|link to) .*/, '') };
}
