import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { DESCRIBED_ADDRESS, DOCUMENT_FILE } from './api-reference/api-reference.js';
import { apiDocument } from './api-reference/document/api-document.js';
import { AppModule } from './app.module.js';

/*
 * A step of the build: writes the OpenAPI document of all that the program serves, for ApiReference to serve. Made from
 * decorators alone: in Nest's preview nothing of the program is started, so no setting and no database is needed.
 */
const app = await NestFactory.create(AppModule.forRole('api'), { preview: true, logger: false, abortOnError: false });
await writeFile(DOCUMENT_FILE, JSON.stringify(apiDocument(app, DESCRIBED_ADDRESS)));
