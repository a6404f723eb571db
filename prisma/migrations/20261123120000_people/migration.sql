-- People and plans: contacts, groups, sources and statuses as tenants keep them, what a plan allows, and who changed
-- what.

-- ---------------------------------------------------------------------------------------------------------------
-- Plans
-- ---------------------------------------------------------------------------------------------------------------

-- When the billing period ends, and when the operator noted that the business had cancelled. Null: it goes on.
ALTER TABLE tenants
  ADD COLUMN plan_expires_at   timestamptz(3),
  ADD COLUMN plan_cancelled_at timestamptz(3),
  -- Kept by the trigger below.
  ADD COLUMN staff_count       integer NOT NULL DEFAULT 0;

-- The plan that counts for each tenant, at this moment: its own while its subscription is active, else the one named
-- `Free`, and its own where there is no such plan. Null where there is none at all: nothing is limited then.
CREATE VIEW tenant_plans AS
SELECT t.id AS tenant_id, s.status, t.plan_expires_at AS expires_at, p.id AS plan_id, p.name,
       p.limit_contacts, p.limit_conversations, p.limit_campaigns, p.limit_staff, p.limit_api_calls_per_minute,
       p.features
  FROM tenants t
 CROSS JOIN LATERAL (
   SELECT CASE WHEN t.plan_id IS NULL THEN NULL
               WHEN t.plan_cancelled_at IS NOT NULL THEN 'cancelled'
               WHEN t.plan_expires_at <= now() THEN 'expired'
               ELSE 'active' END AS status) s
  LEFT JOIN plans p
    ON p.id = CASE WHEN s.status = 'active' THEN t.plan_id
                   ELSE coalesce((SELECT id FROM plans WHERE name = 'Free'), t.plan_id) END;

-- Processes remember tokens with what the plan says of them; they forget them on these notices ('all' of them: a plan
-- may have any number of tenants).
DROP TRIGGER tenants_status_changed ON tenants;
CREATE TRIGGER tenants_status_changed
  AFTER UPDATE OF status, plan_id, plan_expires_at, plan_cancelled_at ON tenants
  FOR EACH ROW EXECUTE FUNCTION notify_tenant_changed();

CREATE FUNCTION notify_plan_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('token_changed', 'all');
  RETURN NULL;
END $$;
CREATE TRIGGER plans_changed AFTER UPDATE OR DELETE ON plans
  FOR EACH STATEMENT EXECUTE FUNCTION notify_plan_changed();
-- Others have no tenants yet.
CREATE TRIGGER plans_free_made AFTER INSERT ON plans
  FOR EACH ROW WHEN (NEW.name = 'Free') EXECUTE FUNCTION notify_plan_changed();

-- Staff change rarely, so their number keeps itself; contacts and conversations are counted by whoever makes them, as
-- the last thing of the transaction (src/tenants/plan-places.ts).
CREATE FUNCTION count_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE tenants t SET staff_count = t.staff_count + n.n
      FROM (SELECT tenant_id, count(*)::int AS n FROM changed GROUP BY tenant_id) n WHERE t.id = n.tenant_id;
  ELSE
    UPDATE tenants t SET staff_count = t.staff_count - n.n
      FROM (SELECT tenant_id, count(*)::int AS n FROM changed GROUP BY tenant_id) n WHERE t.id = n.tenant_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER staff_made AFTER INSERT ON staff REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_staff();
CREATE TRIGGER staff_gone AFTER DELETE ON staff REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_staff();
UPDATE tenants t SET staff_count = (SELECT count(*) FROM staff s WHERE s.tenant_id = t.id);
