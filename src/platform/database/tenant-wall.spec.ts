import { assertTenantNamed, TenantNotNamedError } from './tenant-wall.js';

describe('the tenant wall', () => {
  it.each([
    ['findMany', undefined],
    ['findMany', {}],
    ['findFirst', { where: { id: 1 } }],
    ['findUnique', { where: { id: 1 } }],
    ['findFirst', { where: { OR: [{ tenantId: 1 }, { id: 2 }] } }],
    ['findFirst', { where: { NOT: { tenantId: 1 } } }],
    ['findFirst', { where: { tenantId: { gt: 0 } } }],
    ['findFirst', { where: { tenantId: undefined } }],
    ['updateMany', { data: { tenantId: 1 } }],
    ['deleteMany', {}],
    ['create', { data: { firstname: 'Mona' } }],
    ['createMany', { data: [{ tenantId: 1 }, { firstname: 'Mona' }] }],
    ['createMany', { data: [] }],
    ['upsert', { where: { tenantId: 1 }, create: {} }],
    ['count', {}],
    ['aggregate', {}],
  ])('refuses Contact.%s(%j)', (operation, args) => {
    expect(() => assertTenantNamed('Contact', operation, args)).toThrow(TenantNotNamedError);
  });

  it.each([
    ['findMany', { where: { tenantId: 1 } }],
    ['findFirst', { where: { AND: [{ tenantId: 1 }, { id: 2 }] } }],
    ['findFirst', { where: { AND: { tenantId: 1 } } }],
    ['update', { where: { id: 1, tenantId: 1 }, data: {} }],
    ['create', { data: { tenantId: 1 } }],
    ['createMany', { data: [{ tenantId: 1 }, { tenantId: 2 }] }],
    ['upsert', { where: { tenantId: 1 }, create: { tenantId: 1 } }],
  ])('lets Contact.%s(%j) pass', (operation, args) => {
    expect(() => assertTenantNamed('Contact', operation, args)).not.toThrow();
  });

  it('does not ask where no tenant owns the rows', () => {
    expect(() => assertTenantNamed('Plan', 'findMany', {})).not.toThrow();
  });
});
