import { Module } from '@nestjs/common';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { ReplaysService } from './replays.service.js';

/** Sending events again: for the API, and for the operator. */
@Module({ imports: [EndpointsModule], providers: [ReplaysService], exports: [ReplaysService] })
export class ReplaysModule {}
