import { Controller, Get, Module, Post } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { startApi } from '../platform/http/testing/start-api.js';
import { DeclaredAccess, UndeclaredAccessError } from './declared-access.js';
import { Public, RequireScopes } from './decorators.js';

@Module({ imports: [DiscoveryModule], providers: [DeclaredAccess] })
class CheckModule {}

@Controller('declared')
class DeclaredController {
  @Get()
  @RequireScopes('messages:read')
  list(): string {
    return this.helper();
  }

  @Get('open')
  @Public()
  open(): string {
    return '';
  }

  // No route, so nothing to declare.
  helper(): string {
    return '';
  }
}

@Controller('by-class')
@RequireScopes('contacts:read')
class DeclaredByClassController {
  @Get()
  list(): string {
    return '';
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  @Public()
  open(): string {
    return '';
  }

  @Post()
  create(): string {
    return '';
  }

  @Get(':id')
  get(): string {
    return '';
  }
}

describe('a program whose routes', () => {
  it('all declare who may call them starts', async () => {
    const api = await startApi({
      controllers: [DeclaredController, DeclaredByClassController],
      imports: [CheckModule],
    });
    await api.stop();
  });

  it('do not all declare who may call them does not start, and names them', async () => {
    const start = startApi({ controllers: [DeclaredController, ForgottenController], imports: [CheckModule] });
    await expect(start).rejects.toThrow(UndeclaredAccessError);
    await expect(start).rejects.toMatchObject({ routes: ['ForgottenController.create', 'ForgottenController.get'] });
  });
});
