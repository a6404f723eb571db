import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/**
 * Runs a command's work with a service of the program, in a Nest application context without HTTP; closes its
 * connections afterwards.
 */
export async function withService<S, R>(service: Type<S>, work: (service: S) => Promise<R>): Promise<R> {
  // Loaded late, so that --help answers at once and without any settings.
  const { CliModule } = await import('./cli.module.js');
  const context = await NestFactory.createApplicationContext(CliModule, { logger: false, abortOnError: false });
  try {
    return await work(context.get(service, { strict: false }));
  } finally {
    await context.close();
  }
}
