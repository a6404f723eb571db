import { type DynamicModule, type INestApplication, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { validate } from '@readme/openapi-parser';
import { AppModule } from '../../app.module.js';
import { ERROR_CODES } from '../../platform/http/error-codes.js';
import { apiDocument } from './api-document.js';
import { usedErrorCodes } from './error-table.js';
import { isResponse, operationsOf } from './operations.js';
import { routeHandlers } from './route-handlers.js';
import { resolved } from './schemas.js';
import { readSections } from './written-pages.js';

/** Served, but no part of the API: the reference itself. */
const OUR_OWN_PAGES = ['GET /openapi.json', 'GET /docs', 'GET /docs/assets/{name}'];

type ModuleLike = Type<unknown> | DynamicModule;

/** The controllers of a module and of all it imports, found without starting any of it. */
function controllersOf(module: ModuleLike, seen = new Set<unknown>()): Type<unknown>[] {
  const type = 'module' in module ? module.module : module;
  if (seen.has(type)) return [];
  seen.add(type);
  const declared = <T>(key: string): T[] => (Reflect.getMetadata(key, type) as T[] | undefined) ?? [];
  const dynamic: Partial<DynamicModule> = 'module' in module ? module : {};
  const imports = [...declared<ModuleLike>(MODULE_METADATA.IMPORTS), ...((dynamic.imports ?? []) as ModuleLike[])];
  return [
    ...declared<Type<unknown>>(MODULE_METADATA.CONTROLLERS),
    ...(dynamic.controllers ?? []),
    ...imports.flatMap((one) => controllersOf(one, seen)),
  ];
}

/** `GET /api/v2/messages/{id}` of every handler, from Nest's own metadata. */
function routesOf(app: INestApplication): string[] {
  const paths = (target: object): string[] => [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
  return [...routeHandlers(app).values()].flatMap(({ controller, method }) => {
    const handler = Reflect.get(controller.prototype as object, method) as object;
    const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    return paths(controller).flatMap((base) =>
      paths(handler).map((path) => {
        const whole = `/${base}/${path}`.replaceAll(/\/+/g, '/').replace(/(?<=.)\/$/, '');
        return `${verb} ${whole.replaceAll(/:(\w+)/g, '{$1}')}`;
      }),
    );
  });
}

describe('the OpenAPI document of the whole program', () => {
  let app: INestApplication;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: controllersOf(AppModule.forRole('all')) })
      // Only decorators are read; nothing is called.
      .useMocker(() => ({}))
      .compile();
    app = module.createNestApplication({ logger: false });
    document = apiDocument(app, 'https://api.example.com');
  });

  afterAll(() => app.close());

  it('is valid OpenAPI 3.1', async () => {
    const served = JSON.parse(JSON.stringify(document)) as Parameters<typeof validate>[0];
    expect(await validate(served)).toEqual({ valid: true, warnings: [], specification: 'OpenAPI' });
  });

  it('has every route of the program', () => {
    const documented = operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(documented.sort()).toEqual(
      routesOf(app)
        .filter((route) => !OUR_OWN_PAGES.includes(route))
        .sort(),
    );
  });

  it('has the endpoints that callers rely on', () => {
    const documented = operationsOf(document).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(documented).toEqual(
      expect.arrayContaining([
        'POST /api/v2/messages/text',
        'POST /api/v2/messages/media',
        'POST /api/v2/messages/interactive',
        'POST /api/v2/messages/location',
        'POST /api/v2/messages/contacts',
        'POST /api/v2/messages/reaction',
        'GET /api/v2/messages',
        'GET /api/v2/messages/messages',
        'GET /api/v2/messages/{id}',
        'GET /api/v2/contacts',
        'POST /api/v2/contacts',
        'GET /api/v2/contacts/{id}',
        'PATCH /api/v2/contacts/{id}',
        'DELETE /api/v2/contacts/{id}',
        'POST /api/v2/contacts/batch',
        'DELETE /api/v2/contacts/batch',
        'POST /api/v2/groups/{id}/contacts',
        'DELETE /api/v2/groups/{id}/contacts',
        'DELETE /api/v2/sources/{id}',
        'PATCH /api/v2/statuses/{id}',
        'GET /api/v2/chats',
        'GET /api/v2/chats/{id}',
        'GET /api/v2/chats/{id}/messages',
        'POST /api/v2/chats/{id}/read',
        'GET /api/v2/account',
        'GET /api/v2/account/usage',
        'GET /api/v2/account/limits',
        'GET /api/v2/whatsapp/webhook',
        'POST /api/v2/whatsapp/webhook',
        'GET /api/v2/whatsapp/webhook/{app_key}',
        'POST /api/v2/whatsapp/webhook/{app_key}',
        'GET /media/{public_id}/{filename}',
      ]),
    );
  });

  it('puts every endpoint, with a name and a text, into a section that has an overview', () => {
    const sections = readSections().map(({ name }) => name);
    const incomplete = operationsOf(document)
      .filter(
        ({ operation }) =>
          !operation.summary ||
          !operation.description ||
          operation.tags?.length !== 1 ||
          !sections.includes(operation.tags[0] ?? ''),
      )
      .map(({ method, path }) => `${method} ${path}`);
    expect(incomplete).toEqual([]);
  });

  it('has no section without endpoints', () => {
    const used = new Set(operationsOf(document).flatMap(({ operation }) => operation.tags ?? []));
    expect(readSections().map(({ name }) => name)).toEqual(expect.arrayContaining([...used]));
    expect(used).toEqual(new Set(readSections().map(({ name }) => name)));
  });

  it('describes every field and gives it an example', () => {
    const bare = Object.entries(document.components?.schemas ?? {}).flatMap(([model, schema]) =>
      Object.entries(resolved(document, schema).properties ?? {})
        .filter(([, given]) => {
          const property = resolved(document, given);
          const nested = Boolean(property.properties ?? property.items ?? property.allOf ?? property.anyOf);
          return !nested && property.example === undefined;
        })
        .map(([name]) => `${model}.${name}`),
    );
    // Each endpoint has a sentence of its own, or none.
    expect(bare).toEqual(['SuccessEnvelope.message']);
  });

  it('describes every parameter', () => {
    const bare = operationsOf(document).flatMap(({ path, operation }) =>
      (operation.parameters ?? [])
        .filter((parameter) => !('$ref' in parameter) && !parameter.description)
        .map((parameter) => `${path} ${'name' in parameter ? parameter.name : ''}`),
    );
    expect(bare).toEqual([]);
  });

  it('has an example of every JSON answer', () => {
    const bare = operationsOf(document).flatMap(({ path, operation }) =>
      Object.entries(operation.responses)
        .filter(([, response]) => {
          if (!isResponse(response)) return false;
          const json = response.content?.['application/json'];
          return json !== undefined && json.example === undefined && json.examples === undefined;
        })
        .map(([status]) => `${path} ${status}`),
    );
    expect(bare).toEqual([]);
  });

  it('names only error codes that exist, each under its own status', () => {
    const wrong = operationsOf(document).flatMap(({ path, operation }) =>
      Object.entries(operation.responses).flatMap(([status, response]) => {
        if (!isResponse(response) || Number(status) < 400) return [];
        const codes = Object.keys(response.content?.['application/json']?.examples ?? {});
        return codes
          .filter(
            (code) => !(code in ERROR_CODES) || ERROR_CODES[code as keyof typeof ERROR_CODES].status !== Number(status),
          )
          .map((code) => `${path} ${status} ${code}`);
      }),
    );
    expect(wrong).toEqual([]);
    expect(usedErrorCodes(document).size).toBeGreaterThan(0);
  });
});
