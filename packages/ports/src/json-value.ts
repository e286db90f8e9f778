export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object without a prototype: `__proto__` in it is a member like any other. */
export interface JsonObject {
  [member: string]: JsonValue;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
