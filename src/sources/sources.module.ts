import { Module } from '@nestjs/common';
import { SourcesController } from './sources.controller.js';
import { SourcesService } from './sources.service.js';

/** Sources of contacts. */
@Module({ controllers: [SourcesController], providers: [SourcesService] })
export class SourcesModule {}
