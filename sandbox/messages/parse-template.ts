import {
  child,
  invalidParameter,
  invalidValue,
  missing,
  onlyKeys,
  readNumber,
  readObject,
  readObjects,
  readOptionalText,
  readText,
  type Fields,
} from '../graph/read-params.js';
import { GraphError } from '../graph/graph-error.js';
import type { TemplateComponentValues, TemplateContent, TemplateParameter } from './message-types.js';
import { readMedia } from './parse-media.js';

const TEMPLATE_KEYS = new Set(['name', 'language', 'components', 'namespace']);
const LANGUAGE_KEYS = new Set(['code', 'policy']);
const COMPONENT_KEYS = new Set(['type', 'sub_type', 'index', 'parameters']);
/** Longer than any text of a template may get, so that the "too long" answer (132005) is the template's own. */
const PARAMETER_MAX = 32_768;
const BUTTON_TYPES = new Set(['quick_reply', 'url', 'copy_code', 'flow', 'catalog', 'mpm', 'otp']);

/** Reads the `template` object's form; whether the values fit the template is checked against the template itself. */
export function readTemplate(body: Fields): TemplateContent {
  const path = 'template';
  const fields = readObject(body, 'template', '');
  onlyKeys(fields, path, TEMPLATE_KEYS);
  const language = readObject(fields, 'language', path);
  onlyKeys(language, child(path, 'language'), LANGUAGE_KEYS);
  const policy = readOptionalText(language, 'policy', child(path, 'language'), 32);
  if (policy !== undefined && policy !== 'deterministic') {
    throw invalidValue(`Param ${child(child(path, 'language'), 'policy')} must be deterministic.`);
  }
  const components =
    fields['components'] === undefined || fields['components'] === null
      ? []
      : readObjects(fields, 'components', path, 0, 20).map((item) => readComponent(item.fields, item.path));
  return {
    type: 'template',
    name: readText(fields, 'name', path, 512),
    language: readText(language, 'code', child(path, 'language'), 16),
    components,
  };
}

function readComponent(fields: Fields, path: string): TemplateComponentValues {
  onlyKeys(fields, path, COMPONENT_KEYS);
  const type = readText(fields, 'type', path, 16).toLowerCase();
  if (type !== 'header' && type !== 'body' && type !== 'button') {
    throw invalidValue(`Param ${child(path, 'type')} must be one of header, body, button.`);
  }
  const parameters =
    fields['parameters'] === undefined
      ? []
      : readObjects(fields, 'parameters', path, 0, 100).map((item) => readParameter(item.fields, item.path));
  if (type !== 'button') return { type, parameters, path };
  const subType = readText(fields, 'sub_type', path, 32).toLowerCase();
  if (!BUTTON_TYPES.has(subType)) throw invalidValue(`Param ${child(path, 'sub_type')} '${subType}' is not supported.`);
  const index = Number(fields['index']);
  if (fields['index'] === undefined || fields['index'] === null) throw missing(child(path, 'index'));
  if (!Number.isInteger(index) || index < 0 || index > 9) {
    throw invalidValue(`Param ${child(path, 'index')} must be between 0 and 9.`);
  }
  return { type, subType, index, parameters, path };
}

const PARAMETER_KEYS: Record<TemplateParameter['type'], ReadonlySet<string>> = {
  text: new Set(['type', 'text', 'parameter_name']),
  currency: new Set(['type', 'currency', 'parameter_name']),
  date_time: new Set(['type', 'date_time', 'parameter_name']),
  image: new Set(['type', 'image']),
  video: new Set(['type', 'video']),
  document: new Set(['type', 'document']),
  location: new Set(['type', 'location']),
  payload: new Set(['type', 'payload']),
  coupon_code: new Set(['type', 'coupon_code']),
  action: new Set(['type', 'action']),
};

function readParameter(fields: Fields, path: string): TemplateParameter {
  const type = readText(fields, 'type', path, 32);
  if (!isParameterType(type)) throw new GraphError(132012, `Param ${child(path, 'type')} '${type}' is not supported.`);
  onlyKeys(fields, path, PARAMETER_KEYS[type]);
  const name = readOptionalText(fields, 'parameter_name', path, 64);
  switch (type) {
    case 'text':
    case 'payload':
    case 'coupon_code':
      return { type, name, text: readText(fields, type, path, PARAMETER_MAX) };
    case 'currency':
    case 'date_time':
      return { type, name, text: readText(readObject(fields, type, path), 'fallback_value', child(path, type), 1024) };
    case 'image':
    case 'video':
    case 'document':
      return { type, text: '', media: readMedia(readObject(fields, type, path), child(path, type), type) };
    case 'location': {
      const location = readObject(fields, 'location', path);
      const locationPath = child(path, 'location');
      readNumber(location, 'latitude', locationPath, -90, 90);
      readNumber(location, 'longitude', locationPath, -180, 180);
      return { type, text: '' };
    }
    case 'action':
      if (fields['action'] === undefined) throw invalidParameter(`Param ${child(path, 'action')} is required.`);
      return { type, text: '' };
  }
}

function isParameterType(type: string): type is TemplateParameter['type'] {
  return Object.hasOwn(PARAMETER_KEYS, type);
}
