/** The switches of a plan; what a tenant's plan does not name is off. */
export const PLAN_FEATURES = [
  'whatsapp_templates',
  'bulk_messaging',
  'chatbot',
  'advanced_analytics',
  'api_access',
  'custom_branding',
] as const;

/** Name of the plan that every tenant gets who is given no other: every feature, no limit. */
export const UNLIMITED_PLAN = 'unlimited';

/** A switch of a plan. */
export type PlanFeature = (typeof PLAN_FEATURES)[number];

/** Name of the plan that counts for tenants whose subscription has ended, where the operator has made one. */
export const FREE_PLAN = 'Free';
