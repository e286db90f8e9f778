import type * as z from 'zod';
import { type UsedWith, usedWith } from '@mandate/service-kit';
import { policiesConfig, type PolicySettings } from './compose-policies.js';

type BackendConfig = typeof policiesConfig;
type OwnName<Name extends string> = `SHADOW_${Name}`;
type OwnConfig = {
  [Name in keyof BackendConfig as OwnName<Name>]: z.ZodOptional<ReturnType<BackendConfig[Name]['unwrap']>>;
};

/** What the second list has of its own. */
export type OwnSettings = { [Name in keyof BackendConfig as OwnName<Name>]?: PolicySettings[Name] | undefined };

const NAMES = Object.keys(policiesConfig) as (keyof BackendConfig)[];

/** Each variable of a backend once more, for the second list alone. */
export const ownConfig = Object.assign({}, ...NAMES.map(twinOf)) as OwnConfig;

/** It does something where the second list names its backend. */
function twinOf(name: keyof BackendConfig): Record<string, z.ZodType> {
  const conditions = policiesConfig[name].meta()?.['usedWith'] as UsedWith | undefined;
  const aside = conditions?.['TOKEN_EXCHANGE_POLICIES_SHADOW'] ?? true;
  const twin = policiesConfig[name].unwrap().optional().describe(`\`${name}\` of the second list; unset: the same`);
  return usedWith({ TOKEN_EXCHANGE_POLICIES_SHADOW: aside }, { [`SHADOW_${name}`]: twin });
}

/** The names of the settings that the second list has of its own. */
function ownSettings(config: OwnSettings): (keyof BackendConfig)[] {
  return NAMES.filter((name) => config[`SHADOW_${name}`] !== undefined);
}

/** The settings the second list goes by: its own, and those of the deciding list where it has none. */
export function settingsAside<Settings extends PolicySettings & OwnSettings>(config: Settings): Settings {
  return { ...config, ...Object.fromEntries(ownSettings(config).map((name) => [name, config[`SHADOW_${name}`]])) };
}

/** The variable that a setting of the second list came from. */
export function nameAside(config: OwnSettings): (setting: string) => string {
  const own: readonly string[] = ownSettings(config);
  return (setting) => (own.includes(setting) ? `SHADOW_${setting}` : setting);
}
