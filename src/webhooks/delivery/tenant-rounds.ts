/** Things of tenants, visited in turn: one of each tenant, then the next one of each, wherever the last round ended. */
export class TenantRounds<T> {
  private readonly tenants = new Map<number, Map<number, T>>();

  add(tenantId: number, id: number, thing: T): void {
    const things = this.tenants.get(tenantId);
    if (things) things.set(id, thing);
    else this.tenants.set(tenantId, new Map([[id, thing]]));
  }

  remove(tenantId: number, id: number): void {
    const things = this.tenants.get(tenantId);
    things?.delete(id);
    if (things?.size === 0) this.tenants.delete(tenantId);
  }

  /**
   * Offers a turn to one thing of each tenant, again and again, until nobody takes one.
   * @param take answers whether it took its turn
   */
  each(take: (thing: T) => boolean): void {
    for (let taken = true; taken;) {
      taken = false;
      for (const [tenantId, things] of [...this.tenants]) {
        if (!takeOne(things, take)) continue;
        taken = true;
        // Behind the tenants that had none.
        this.tenants.delete(tenantId);
        this.tenants.set(tenantId, things);
      }
    }
  }
}

/** The first that takes the turn goes behind the tenant's others. */
function takeOne<T>(things: Map<number, T>, take: (thing: T) => boolean): boolean {
  for (const [id, thing] of things) {
    if (!take(thing)) continue;
    things.delete(id);
    things.set(id, thing);
    return true;
  }
  return false;
}
