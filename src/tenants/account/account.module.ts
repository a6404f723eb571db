import { Module } from '@nestjs/common';
import { AccountController } from './account.controller.js';
import { AccountRepository } from './account.repository.js';
import { AccountService } from './account.service.js';

/** The tenant's own view of its account. */
@Module({ controllers: [AccountController], providers: [AccountService, AccountRepository] })
export class AccountModule {}
