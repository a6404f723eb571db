import { Router } from 'express';
import type { World } from '../world/world.js';

export function pageRoutes(_world: World): Router {
  return Router();
}
