import { Module } from '@nestjs/common';
import { MessagesModule } from '../messages/messages.module.js';
import { ChatRepository } from './chat.repository.js';
import { ChatsController } from './chats.controller.js';
import { ChatsService } from './chats.service.js';

/** Chats: what numbers and contacts wrote to each other. */
@Module({ imports: [MessagesModule], controllers: [ChatsController], providers: [ChatRepository, ChatsService] })
export class ChatsModule {}
