import { z } from 'zod';

/** Variables and values any of which makes another one effective; `true`: any value. */
export type UsedWith = Readonly<Record<string, string | true | readonly string[]>>;

/** One variable as the documentation shows it. */
export interface VariableDescription {
  name: string;
  meaning: string;
  required: boolean;
  /** As the schema gives it; `undefined` when there is none. */
  default: string | number | boolean | readonly string[] | undefined;
  /** The words it may have, where that is a closed set. */
  values: readonly string[] | undefined;
  secret: boolean;
  /** What makes it effective; `undefined`: it always is. */
  usedWith: UsedWith | undefined;
}

/** A schema whose members are environment variables. */
export type ConfigSchema = z.ZodObject<Record<string, z.ZodType>>;

const wordList = z.array(z.string()).optional();
const conditions = z.record(z.string(), z.union([z.string(), z.literal(true), z.array(z.string())])).optional();
const defaultValue = z.union([z.string(), z.number(), z.boolean(), wordList]);

/** The variables of a schema in the order it lists them. */
export function describeVariables(schema: ConfigSchema): VariableDescription[] {
  return Object.entries(schema.shape).map(([name, variable]) => {
    const layers = layersOf(variable);
    const metadata = layers.map((layer) => z.globalRegistry.get(layer) ?? {});
    const withDefault = layers.find((layer) => layer instanceof z.ZodDefault);
    const metaValues = metadata.find(({ values }) => Array.isArray(values))?.['values'];
    return {
      name,
      meaning: metadata.find(({ description }) => description !== undefined)?.description ?? '',
      required: !variable.safeParse(undefined).success,
      default: defaultValue.parse(withDefault?.def.defaultValue),
      values: wordList.parse(metaValues),
      secret: metadata.some((layer) => layer['secret'] === true),
      usedWith: conditions.parse(metadata.find((layer) => layer['usedWith'] !== undefined)?.['usedWith']),
    };
  });
}

/** The names of the variables that hold secrets. */
export function secretVariables(schema: ConfigSchema): Set<string> {
  return new Set(describeVariables(schema).flatMap(({ name, secret }) => (secret ? [name] : [])));
}

/** A schema and what it wraps, outermost first. */
function layersOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return [schema, ...layersOf(schema.def.innerType)];
  }
  return schema instanceof z.ZodPipe ? [schema, ...layersOf(schema.def.in)] : [schema];
}
