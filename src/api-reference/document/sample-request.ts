import type { MediaTypeObject, OpenAPIObject, OperationObject, ParameterObject } from '@nestjs/swagger';
import { lookup } from 'mime-types';
import { exampleOf, resolved } from './schemas.js';
import type { RequestSample, SampleBody, SampleFile } from '../code-samples/request-sample.js';

const TOKEN_PLACEHOLDER = 'YOUR_TOKEN';

/** What a sample needs to know about its operation. */
export interface SampledOperation {
  readonly method: string;
  /** As in `paths`, with `{parameters}`. */
  readonly path: string;
  readonly operation: OperationObject;
  readonly needsToken: boolean;
}

/**
 * The call that the code samples of an operation show: its path, required query and headers filled with the
 * parameters' examples, its body with the first example of the body.
 */
export function sampleRequest(document: OpenAPIObject, baseUrl: string, sampled: SampledOperation): RequestSample {
  const { method, path, operation, needsToken } = sampled;
  const parameters = (operation.parameters ?? []).filter((one): one is ParameterObject => 'in' in one);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(
      parameterExample(
        name,
        parameters.find((one) => one.in === 'path' && one.name === name),
      ),
    ),
  );
  const query = parameters
    .filter((one) => one.in === 'query' && one.required)
    .map((one) => `${encodeURIComponent(one.name)}=${encodeURIComponent(parameterExample(one.name, one))}`);
  return {
    method: method.toUpperCase(),
    url: `${baseUrl.replace(/\/$/, '')}${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    headers: [
      ...(needsToken ? [['Authorization', `Bearer ${TOKEN_PLACEHOLDER}`] as const] : []),
      ...parameters
        .filter((one) => one.in === 'header' && one.required)
        .map((one) => [one.name, parameterExample(one.name, one)] as const),
    ],
    body: sampleBody(document, operation),
  };
}

/** The example of a parameter, or its name where a person has to fill it in. */
function parameterExample(name: string, parameter: ParameterObject | undefined): string {
  const schema = parameter?.schema && !('$ref' in parameter.schema) ? parameter.schema : undefined;
  const example: unknown = parameter?.example ?? schema?.example;
  return typeof example === 'string' || typeof example === 'number' ? String(example) : name.toUpperCase();
}

function sampleBody(document: OpenAPIObject, { requestBody }: OperationObject): SampleBody {
  if (!requestBody || '$ref' in requestBody) return { kind: 'none' };
  const multipart = requestBody.content['multipart/form-data'];
  if (multipart) return multipartBody(document, multipart);
  const json = requestBody.content['application/json'];
  return json ? { kind: 'json', value: bodyExample(document, json) } : { kind: 'none' };
}

function multipartBody(document: OpenAPIObject, media: MediaTypeObject): SampleBody {
  const { properties = {} } = resolved(document, media.schema);
  const example = bodyExample(document, media);
  const isFile = (name: string): boolean => {
    const schema = properties[name];
    return schema !== undefined && resolved(document, schema).format === 'binary';
  };
  const entries = Object.entries(example).map(([name, value]): [string, string] => [name, String(value)]);
  const [file] = entries
    .filter(([name]) => isFile(name))
    .map(([field, filename]): SampleFile => ({
      field,
      filename,
      contentType: lookup(filename) || 'application/octet-stream',
    }));
  return { kind: 'multipart', fields: entries.filter(([name]) => !isFile(name)), files: file ? [file] : [] };
}

/** The first named example of the body, or one made of its fields' examples. */
function bodyExample(document: OpenAPIObject, media: MediaTypeObject): Record<string, unknown> {
  const [named] = Object.values(media.examples ?? {});
  const given: unknown = named && 'value' in named ? named.value : media.example;
  const example = given ?? exampleOf(document, media.schema);
  return isRecord(example) ? example : {};
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
