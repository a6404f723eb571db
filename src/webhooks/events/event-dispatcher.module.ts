import { Module } from '@nestjs/common';
import { MediaModule } from '../../media/media.module.js';
import { EventDispatch } from './dispatch/event-dispatch.js';
import { EventDispatcher } from './dispatch/event-dispatcher.js';

/** For the worker role: makes events of what changed. */
@Module({ imports: [MediaModule], providers: [EventDispatch, EventDispatcher] })
export class EventDispatcherModule {}
