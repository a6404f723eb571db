import { DEFAULT_TEMPLATES } from './default-templates.js';
import { Template, type TemplateComponent, type TemplateDraft } from './template.js';

/** The templates of one account. */
export class TemplateRegistry {
  readonly #templates = new Map<string, Template>();

  constructor(readonly accountId: string) {
    this.reset();
  }

  /** Back to what the account was born with. */
  reset(): void {
    this.#templates.clear();
    for (const draft of DEFAULT_TEMPLATES) this.put(draft);
  }

  /** Adds a template, or replaces the one of the same name and language (its id stays). */
  put(draft: TemplateDraft): Template {
    const template = new Template(this.accountId, draft);
    this.#templates.set(key(draft.name, draft.language), template);
    return template;
  }

  /** The same template with other components: its id, state and quality stay. */
  edit({ draft, status, category, quality }: Template, components: readonly TemplateComponent[]): Template {
    const edited = this.put({ ...draft, status, category, components });
    edited.quality = quality;
    return edited;
  }

  find(name: string, language: string): Template | undefined {
    return this.#templates.get(key(name, language));
  }

  findById(id: string): Template | undefined {
    for (const template of this.#templates.values()) if (template.id === id) return template;
    return undefined;
  }

  remove(template: Template): void {
    this.#templates.delete(key(template.name, template.language));
  }

  list(): Template[] {
    return [...this.#templates.values()];
  }
}

function key(name: string, language: string): string {
  return `${language}/${name}`;
}
