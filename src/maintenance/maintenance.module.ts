import { Module } from '@nestjs/common';
import { MaintenanceLoop } from './maintenance-loop.js';
import { Maintenance } from './maintenance.js';

/** The daily job, for whoever wants to run it. */
@Module({ providers: [Maintenance], exports: [Maintenance] })
export class MaintenanceModule {}

/** The daily job as workers run it, by themselves. */
@Module({ imports: [MaintenanceModule], providers: [MaintenanceLoop] })
export class MaintenanceWorkerModule {}
