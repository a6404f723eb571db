import { BadRequestException, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { MulterError } from 'multer';
import { ERROR_CODES, notFound } from './api-error.js';
import { toApiError } from './to-api-error.js';

const withCode = (code: string, message = 'secret words'): Error => Object.assign(new Error(message), { code });

describe('what the caller is told about an error', () => {
  it.each([
    ['a lost connection', withCode('08006')],
    ['a full disk of the database', withCode('53100')],
    ['too many connections', withCode('53300')],
    ['a database that shuts down', withCode('57P01')],
    ['a database that starts', withCode('57P03')],
    ['a statement time-out', withCode('57014')],
    ['a lock time-out', withCode('55P03')],
    ['a deadlock', withCode('40P01')],
    ['a database that nobody runs', withCode('ECONNREFUSED')],
    ['a full disk of ours', withCode('ENOSPC')],
    ['no file handles left', withCode('EMFILE')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a connection that ended in mid-query', new Error('Connection terminated unexpectedly')],
    ['Redis away', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    ['Prisma without a database', withCode('P1001')],
    ['Prisma’s pool', withCode('P2024')],
    ['a refused connection inside another error', new Error('outer', { cause: withCode('ECONNREFUSED') })],
    ['both addresses of a name refused', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
    ['Nest’s own', new ServiceUnavailableException()],
  ])('%s: 503 with Retry-After', (_name, error) => {
    expect(toApiError(error)).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
      message: 'The service is temporarily unavailable',
      headers: { 'Retry-After': '2' },
    });
  });

  it.each([
    ['a unique violation that nobody caught', withCode('23505')],
    ['a fault in our SQL', withCode('42601')],
    ['an unknown Prisma error', withCode('P2002')],
    ['a file that is not there', withCode('ENOENT')],
    ['anything else', new TypeError('x is not a function')],
    ['a text', 'thrown'],
    ['nothing', undefined],
    ['an HTTP exception with a 5xx of its own', new HttpException('secret words', 507)],
  ])('%s: 500, and nothing of its text', (_name, error) => {
    const answer = toApiError(error);
    expect(answer).toMatchObject({ status: 500, code: 'INTERNAL_ERROR', message: 'An internal error occurred' });
    expect(answer.details).toBeUndefined();
  });

  it('does not follow causes for ever', () => {
    const error = new Error('round');
    error.cause = error;
    expect(toApiError(error).status).toBe(500);
  });

  it.each([
    [400, 422, 'VALIDATION_ERROR'],
    [401, 401, 'UNAUTHORIZED'],
    [404, 404, 'NOT_FOUND'],
    [405, 405, 'METHOD_NOT_ALLOWED'],
    [413, 413, 'PAYLOAD_TOO_LARGE'],
    [415, 422, 'VALIDATION_ERROR'],
    [422, 422, 'VALIDATION_ERROR'],
    [429, 429, 'RATE_LIMIT_EXCEEDED'],
  ])('an HTTP exception with %i: %i %s', (given, status, code) => {
    const error = toApiError(new HttpException('secret words', given));
    expect(error).toMatchObject({ status, code });
    expect(error.message).not.toContain('secret');
  });

  it.each([
    { error: new MulterError('LIMIT_UNEXPECTED_FILE', 'photo'), details: { photo: ['Unexpected file field'] } },
    { error: new MulterError('LIMIT_FIELD_COUNT'), details: { body: ['Too many fields'] } },
    {
      error: new Error('Unexpected end of form'),
      details: { body: ['The multipart body is malformed or was cut short'] },
    },
    {
      error: new Error('Multipart: Boundary not found'),
      details: { body: ['The multipart body is malformed or was cut short'] },
    },
  ])('$error.message: 422 on its field', ({ error, details }) => {
    expect(toApiError(error)).toMatchObject({ status: 422, code: 'VALIDATION_ERROR', details });
  });

  it('a path that cannot be decoded is a path that nothing has', () => {
    expect(toApiError(new BadRequestException('x', { cause: new URIError('secret') }))).toMatchObject({
      status: 404,
      message: 'Not found',
    });
  });

  it('an ApiError is passed on as it is', () => {
    const error = notFound('Contact not found');
    expect(toApiError(error)).toBe(error);
  });
});

describe('the table of codes', () => {
  it.each(Object.entries(ERROR_CODES))('%s has a status and says what it means', (_code, { status, meaning }) => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  });
});
