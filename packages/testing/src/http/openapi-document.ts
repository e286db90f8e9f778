import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

/** A response as an OpenAPI document sees it. */
export interface DescribedResponse {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  body: unknown;
}

/** An `openapi.yaml` (3.1), against which tests hold real responses. */
export interface OpenApiDocument {
  /** What is wrong with a response: nothing when the document describes it exactly. */
  problemsOf(response: DescribedResponse): string[];
}

type Node = Record<string, unknown>;

/** Reads an OpenAPI document from disk. */
export function openApiDocument(path: string | URL): OpenApiDocument {
  const document = parse(readFileSync(path, 'utf8')) as Node;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'openapi', ...document });
  const validators = new Map<string, ValidateFunction>();
  const validator = (pointer: string): ValidateFunction => {
    const validator = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
    validators.set(pointer, validator);
    return validator;
  };
  return {
    problemsOf({ method, path: template, status, contentType, body }) {
      const place = ['paths', template, method.toLowerCase(), 'responses', String(status)];
      const response = resolve(document, place);
      if (response === undefined) return [`${method} ${template} ${status} is not described`];
      if (contentType === null && body === '' && response.node['content'] === undefined) return [];
      const type = (contentType ?? '').split(';', 1)[0]?.trim() ?? '';
      const media = resolve(document, [...response.place, 'content', type]);
      if (media === undefined) return [`${method} ${template} ${status} is not described as ${type}`];
      const validate = validator(pointerOf([...media.place, 'schema']));
      return validate(body) ? [] : [ajv.errorsText(validate.errors)];
    },
  };
}

/** Walks to a node and follows local references on the way. */
function resolve(document: Node, place: readonly string[]): { node: Node; place: string[] } | undefined {
  let position = { node: document, place: [] as string[] };
  for (const step of place) {
    const next = position.node[step];
    if (typeof next !== 'object' || next === null) return undefined;
    const node = next as Node;
    const reference = node['$ref'];
    const target =
      typeof reference === 'string'
        ? resolve(document, reference.slice(2).split('/'))
        : { node, place: [...position.place, step] };
    if (target === undefined) return undefined;
    position = target;
  }
  return position;
}

function pointerOf(place: readonly string[]): string {
  return place.map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}
