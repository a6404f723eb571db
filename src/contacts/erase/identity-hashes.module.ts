import { Module } from '@nestjs/common';
import { IdentityHashes } from './identity-hashes.js';

/** For whoever makes contacts. */
@Module({ providers: [IdentityHashes], exports: [IdentityHashes] })
export class IdentityHashesModule {}
