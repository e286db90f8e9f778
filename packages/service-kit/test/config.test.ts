import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@mandate/ports';
import {
  choices,
  commonConfig,
  describeVariables,
  flag,
  integer,
  list,
  readConfig,
  secret,
  seconds,
  text,
  url,
} from '@mandate/service-kit';
import fc from 'fast-check';
import { z } from 'zod';

const schema = z.object({
  ISSUER: url().describe('Who issues'),
  LIFETIME_SECONDS: seconds(1, 60).default(30),
  NAMES: list().default([]),
  ORDER: choices(['json', 'opa']).default(['json']),
  STRICT: flag().default(true),
  PASSWORD: secret().optional(),
});
const ISSUER = 'https://as.example.com';

function load(env: Record<string, string>, files: Record<string, string> = {}) {
  const readTextFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return content;
  };
  return readConfig(schema, { env, readTextFile });
}

function issuesOf(run: () => unknown): Record<string, string> {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) {
      return Object.fromEntries(error.issues.map(({ variable, message }) => [variable, message]));
    }
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readConfig', () => {
  it('takes the environment first, then the file, then the default', () => {
    const files = { '/c.json': '{ "ISSUER": "https://file.example.com", "LIFETIME_SECONDS": 5, "NAMES": ["a","b"] }' };
    expect(load({ ISSUER, CONFIG_FILE: '/c.json' }, files)).toEqual({
      ISSUER,
      LIFETIME_SECONDS: 5,
      NAMES: ['a', 'b'],
      ORDER: ['json'],
      STRICT: true,
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(load({ ISSUER, LIFETIME_SECONDS: '', PASSWORD: '' }).LIFETIME_SECONDS).toBe(30);
  });

  it('reads comments and &{NAME|default} in the file', () => {
    const content = `{ // who
      "ISSUER": "https://&{host.name|localhost}/&{PLAIN|x}", // and how long
      "STRICT": false, "PASSWORD": "&{SECRET}" }`;
    const config = load(
      { CONFIG_FILE: '/c.json', HOST_NAME: 'as.example.com', SECRET: 's3cret' },
      { '/c.json': content },
    );
    expect(config).toMatchObject({ ISSUER: 'https://as.example.com/x', STRICT: false, PASSWORD: 's3cret' });
  });

  it('does not let a substituted value add members to the file', () => {
    const evil = '", "STRICT": "false';
    const config = load({ ISSUER, CONFIG_FILE: '/c', EVIL: evil }, { '/c': '{"PASSWORD":"&{EVIL}"}' });
    expect(config).toMatchObject({ PASSWORD: evil, STRICT: true });
  });

  it('names a placeholder that has neither value nor default', () => {
    const issues = issuesOf(() => load({ CONFIG_FILE: '/c' }, { '/c': '{"ISSUER":"&{NOWHERE}"}' }));
    expect(issues['ISSUER']).toContain('NOWHERE');
  });

  it('reads a secret from NAME_FILE without its last line break', () => {
    expect(load({ ISSUER, PASSWORD_FILE: '/s' }, { '/s': 's3cret\n' }).PASSWORD).toBe('s3cret');
    expect(load({ ISSUER, CONFIG_FILE: '/c' }, { '/c': '{"PASSWORD_FILE":"/s"}', '/s': 'x' }).PASSWORD).toBe('x');
  });

  it('refuses a secret that is given twice, is empty or cannot be read', () => {
    expect(issuesOf(() => load({ ISSUER, PASSWORD: 'a', PASSWORD_FILE: '/s' }, { '/s': 'b' }))).toHaveProperty(
      'PASSWORD',
    );
    expect(issuesOf(() => load({ ISSUER, PASSWORD_FILE: '/s' }, { '/s': '\n' }))).toEqual({ PASSWORD: 'is empty' });
    expect(issuesOf(() => load({ ISSUER, PASSWORD_FILE: '/none' }))).toEqual({
      PASSWORD_FILE: 'names a file that cannot be read (ENOENT)',
    });
  });

  it('S11 lists every offending variable at once and never a value', () => {
    const env = { LIFETIME_SECONDS: 'hunter2', STRICT: 'hunter2', ORDER: 'json,hunter2', ISSUER: 'hunter2' };
    const issues = issuesOf(() => load(env));
    expect(Object.keys(issues).sort()).toEqual(['ISSUER', 'LIFETIME_SECONDS', 'ORDER', 'STRICT']);
    expect(JSON.stringify(issues)).not.toContain('hunter2');
  });

  it('S11 says that a variable is missing', () => {
    expect(issuesOf(() => load({}))).toEqual({ ISSUER: 'is missing' });
  });

  it('S11 refuses unknown members of the file together with other mistakes', () => {
    const issues = issuesOf(() => load({ STRICT: 'maybe', CONFIG_FILE: '/c' }, { '/c': '{"ISSUR":"x"}' }));
    expect(issues['CONFIG_FILE']).toBe('has the unknown member "ISSUR": is "ISSUER" meant? (line 1, column 10)');
    expect(issues['STRICT']).toBe('must be true or false');
  });

  it('says where the file has a wrong value, unless the environment has it', () => {
    const file = { '/c': '{\n  "LIFETIME_SECONDS": "hunter2",\n  "STRICT": "hunter2",\n  "NAMES": [1]\n}' };
    expect(issuesOf(() => load({ ISSUER, STRICT: 'maybe', CONFIG_FILE: '/c' }, file))).toEqual({
      NAMES: 'must be text, a number, a boolean or a list (line 4, column 12 of CONFIG_FILE)',
      STRICT: 'must be true or false',
    });
    const readable = { '/c': file['/c'].replace('[1]', '[]') };
    const issues = issuesOf(() => load({ ISSUER, STRICT: 'maybe', CONFIG_FILE: '/c' }, readable));
    expect(issues['LIFETIME_SECONDS']).toMatch(/ \(line 2, column 23 of CONFIG_FILE\)$/);
    expect(issues['STRICT']).toBe('must be true or false');
  });

  it.each(['[]', '{', '{"ISSUER":{"a":1}}', '{"ISSUER":"a","ISSUER":"b"}', '{"NAMES":["a,b"]}', '{"NAMES":[1]}'])(
    'refuses the file %s without quoting more than a name',
    (content) => {
      expect(() => load({ ISSUER, CONFIG_FILE: '/c' }, { '/c': content })).toThrow(ConfigError);
    },
  );

  it('property: an integer is accepted exactly when it is in the range and written in decimal', () => {
    const boundedNumber = z.object({ N: integer(-5, 5000) });
    fc.assert(
      fc.property(fc.oneof(fc.integer().map(String), fc.string()), (value) => {
        const expected = /^-?\d{1,16}$/.test(value) && Number(value) >= -5 && Number(value) <= 5000;
        expect(boundedNumber.safeParse({ N: value }).success).toBe(expected);
      }),
    );
  });

  it.each(['ftp://a', 'https://user:pw@a', 'https://a/#f', '/path', 'https://'])('refuses %s as a URL', (url) => {
    expect(issuesOf(() => load({ ISSUER: url }))).toHaveProperty('ISSUER');
  });

  it('refuses a choice that is named twice or an empty list of choices', () => {
    expect(issuesOf(() => load({ ISSUER, ORDER: 'json,json' }))).toHaveProperty('ORDER');
    expect(issuesOf(() => load({ ISSUER, ORDER: ',' }))).toHaveProperty('ORDER');
    expect(load({ ISSUER, ORDER: ' opa , json ' }).ORDER).toEqual(['opa', 'json']);
  });
});

describe('describeVariables', () => {
  it('says what the documentation needs, through defaults and options', () => {
    const descriptions = describeVariables(schema.extend({ NOTE: text().describe('A note').optional() }));
    expect(descriptions.find(({ name }) => name === 'ISSUER')).toMatchObject({ required: true, meaning: 'Who issues' });
    expect(descriptions.find(({ name }) => name === 'PASSWORD')).toMatchObject({ required: false, secret: true });
    expect(descriptions.find(({ name }) => name === 'STRICT')).toMatchObject({ default: true, secret: false });
    expect(descriptions.find(({ name }) => name === 'NOTE')).toMatchObject({ meaning: 'A note' });
  });

  it('knows a meaning for every common variable', () => {
    expect(describeVariables(z.object(commonConfig)).filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  it('treats the IMS account passwords and the URL of the proxy as secrets', () => {
    const secrets = describeVariables(z.object(commonConfig)).filter((variable) => variable.secret);
    expect(secrets.map(({ name }) => name)).toEqual([
      'INFO_ACCOUNT_PASSWORD',
      'METRICS_ACCOUNT_PASSWORD',
      'HTTPS_PROXY',
    ]);
  });
});
