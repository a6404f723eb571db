import { Module } from '@nestjs/common';
import { MediaModule } from '../../media/media.module.js';
import { IdentityHashesModule } from '../erase/identity-hashes.module.js';
import { ContactWrites } from '../store/contact-writes.js';
import { ImportRun } from './import-run.js';
import { ImportStore } from './import-store.js';
import { ImportWorker } from './import-worker.js';

/** For the worker role: carries out the imports of contacts. */
@Module({
  imports: [MediaModule, IdentityHashesModule],
  providers: [ContactWrites, ImportRun, ImportStore, ImportWorker],
})
export class ContactImportWorkerModule {}
