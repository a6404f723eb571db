import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';

/** The settings are wrong: lists every fault, one a line. */
export class SettingsError extends Error {
  constructor(readonly faults: string[]) {
    super(`The settings are not complete or not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/**
 * Reads from the environment what `type` declares, each setting from the variable of its name, and checks it by the
 * rules beside it. An empty variable counts as not set, as in `.env` files and compose.
 * @throws SettingsError with every fault
 */
export function readEnvironment<T extends object>(type: new () => T, environment: NodeJS.ProcessEnv): T {
  const given = Object.fromEntries(
    namesOf(type).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const settings = plainToInstance(type, given, { exposeDefaultValues: true });
  const faults = validateSync(settings, { stopAtFirstError: true }).map((error) =>
    error.value === undefined || error.value === ''
      ? `${error.property} is required: ${Object.values(error.constraints ?? {}).join(', ')}`
      : Object.values(error.constraints ?? {}).join(', '),
  );
  if (faults.length > 0) throw new SettingsError(faults);
  return settings;
}

/** What has a rule is a setting: an instance does not name the fields that it gives no value. */
function namesOf(type: new () => object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
