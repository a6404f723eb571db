import { Module } from '@nestjs/common';
import { StatusesController } from './statuses.controller.js';
import { StatusesService } from './statuses.service.js';

/** Statuses of contacts. */
@Module({ controllers: [StatusesController], providers: [StatusesService] })
export class StatusesModule {}
