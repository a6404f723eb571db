-- Who changes contacts, sources, statuses, messages or templates writes the events of it, whoever it is: by triggers, in
-- the transaction of the change. Tenants without endpoints pay one look at webhooks_tenant.
-- Rows that change in numbers are looked at together, once per statement; those that change one by one, row by row, under
-- conditions that let what no event tells of pass without a call.
-- The facts_of_… functions name what an event shows, column by column: a column that is added later is told of only when it
-- is added here.

-- Which of these tenants asked for such an event.
CREATE FUNCTION tenants_wanting(of_tenants integer[], event_type text) RETURNS integer[] LANGUAGE sql STABLE AS $$
  SELECT ARRAY(SELECT t FROM unnest(of_tenants) AS t WHERE webhook_wanted(t, event_type))
$$;

-- ---------------------------------------------------------------------------------------------------------------
-- Contacts
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION facts_of_contact(c contacts) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', c.id, 'firstname', c.firstname, 'lastname', c.lastname, 'company', c.company, 'type', c.type, 'email', c.email,
    'phone', c.phone, 'status_id', c.status_id, 'source_id', c.source_id, 'assigned_id', c.assigned_id,
    'description', c.description, 'country_id', c.country_id, 'zip', c.zip, 'city', c.city, 'state', c.state,
    'address', c.address, 'group_id', c.group_id, 'is_opted_out', c.is_opted_out, 'created_at', c.created_at,
    'updated_at', c.updated_at)
$$;

CREATE FUNCTION contact_created_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanting integer[] := tenants_wanting(ARRAY(SELECT DISTINCT tenant_id FROM added), 'contact.created');
BEGIN
  IF wanting = '{}' THEN RETURN NULL; END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, current)
  SELECT c.tenant_id, 'contact.created', c.id, facts_of_contact(c)
    FROM added c WHERE c.tenant_id = ANY (wanting) ORDER BY c.id;
  RETURN NULL;
END $$;
CREATE TRIGGER contacts_created_events AFTER INSERT ON contacts
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION contact_created_events();

-- An opt-out changes a field that is shown, so it is an update, too.
CREATE FUNCTION contact_updated_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told text[] := ARRAY['contact.updated'];
BEGIN
  IF NEW.is_opted_out <> OLD.is_opted_out THEN
    told := told || CASE WHEN NEW.is_opted_out THEN 'contact.opted_out' ELSE 'contact.opted_in' END;
  END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, previous, current)
  SELECT NEW.tenant_id, t.type, NEW.id, facts_of_contact(OLD), facts_of_contact(NEW)
    FROM unnest(told) WITH ORDINALITY AS t (type, ord) WHERE webhook_wanted(NEW.tenant_id, t.type) ORDER BY t.ord;
  RETURN NULL;
END $$;
CREATE TRIGGER contacts_updated_events AFTER UPDATE ON contacts FOR EACH ROW
  WHEN ((OLD.firstname, OLD.lastname, OLD.company, OLD.type, OLD.email, OLD.phone, OLD.status_id, OLD.source_id,
         OLD.assigned_id, OLD.description, OLD.country_id, OLD.zip, OLD.city, OLD.state, OLD.address, OLD.group_id,
         OLD.is_opted_out)
        IS DISTINCT FROM
        (NEW.firstname, NEW.lastname, NEW.company, NEW.type, NEW.email, NEW.phone, NEW.status_id, NEW.source_id,
         NEW.assigned_id, NEW.description, NEW.country_id, NEW.zip, NEW.city, NEW.state, NEW.address, NEW.group_id,
         NEW.is_opted_out))
  EXECUTE FUNCTION contact_updated_events();

CREATE FUNCTION contact_deleted_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wanting integer[] := tenants_wanting(ARRAY(SELECT DISTINCT tenant_id FROM gone), 'contact.deleted');
BEGIN
  IF wanting = '{}' THEN RETURN NULL; END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, previous)
  SELECT c.tenant_id, 'contact.deleted', c.id, facts_of_contact(c)
    FROM gone c WHERE c.tenant_id = ANY (wanting) ORDER BY c.id;
  RETURN NULL;
END $$;
CREATE TRIGGER contacts_deleted_events AFTER DELETE ON contacts
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION contact_deleted_events();

-- ---------------------------------------------------------------------------------------------------------------
-- Sources and statuses: few, and seldom changed
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION facts_of_source(s sources) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', s.id, 'name', s.name, 'created_at', s.created_at, 'updated_at', s.updated_at)
$$;

CREATE FUNCTION source_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told text := CASE TG_OP WHEN 'INSERT' THEN 'source.created' WHEN 'UPDATE' THEN 'source.updated' ELSE 'source.deleted' END;
  of_tenant integer := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
  IF NOT webhook_wanted(of_tenant, told) THEN RETURN NULL; END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, previous, current)
  VALUES (of_tenant, told, CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
          CASE WHEN TG_OP <> 'INSERT' THEN facts_of_source(OLD) END,
          CASE WHEN TG_OP <> 'DELETE' THEN facts_of_source(NEW) END);
  RETURN NULL;
END $$;
CREATE TRIGGER sources_changed_events AFTER INSERT OR DELETE ON sources
  FOR EACH ROW EXECUTE FUNCTION source_events();
CREATE TRIGGER sources_updated_events AFTER UPDATE ON sources
  FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION source_events();

CREATE FUNCTION facts_of_status(s statuses) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('id', s.id, 'name', s.name, 'color', s.color, 'created_at', s.created_at,
                            'updated_at', s.updated_at)
$$;

CREATE FUNCTION status_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told text := CASE TG_OP WHEN 'INSERT' THEN 'status.created' WHEN 'UPDATE' THEN 'status.updated' ELSE 'status.deleted' END;
  of_tenant integer := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
  IF NOT webhook_wanted(of_tenant, told) THEN RETURN NULL; END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, previous, current)
  VALUES (of_tenant, told, CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END,
          CASE WHEN TG_OP <> 'INSERT' THEN facts_of_status(OLD) END,
          CASE WHEN TG_OP <> 'DELETE' THEN facts_of_status(NEW) END);
  RETURN NULL;
END $$;
CREATE TRIGGER statuses_changed_events AFTER INSERT OR DELETE ON statuses
  FOR EACH ROW EXECUTE FUNCTION status_events();
CREATE TRIGGER statuses_updated_events AFTER UPDATE ON statuses
  FOR EACH ROW WHEN (OLD.name <> NEW.name OR OLD.color IS DISTINCT FROM NEW.color) EXECUTE FUNCTION status_events();

-- ---------------------------------------------------------------------------------------------------------------
-- Messages
-- ---------------------------------------------------------------------------------------------------------------

-- The content of our own messages is shown nowhere, and may hold a sealed code.
CREATE FUNCTION facts_of_message(m messages) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', m.id, 'number_id', m.number_id, 'chat_id', m.chat_id, 'contact_id', m.contact_id, 'direction', m.direction,
    'type', m.type, 'status', m.status, 'body', m.body, 'phone', m.phone, 'recipient_user_id', m.recipient_user_id,
    'wamid', m.wamid, 'reply_to_wamid', m.reply_to_wamid, 'is_read', m.is_read, 'staff_id', m.staff_id,
    'media_link_id', m.media_link_id, 'sent_at', m.sent_at, 'delivered_at', m.delivered_at, 'read_at', m.read_at,
    'failed_at', m.failed_at, 'created_at', m.created_at, 'send_at', m.send_at, 'expires_at', m.expires_at,
    'error_code', m.error_code, 'error_title', m.error_title, 'error_details', m.error_details, 'held_by', m.held_by,
    'received', CASE WHEN m.direction = 'inbound' THEN m.content END)
$$;

CREATE FUNCTION message_created_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  tenants integer[] := ARRAY(SELECT DISTINCT tenant_id FROM added);
  queued integer[] := tenants_wanting(tenants, 'message.queued');
  received integer[] := tenants_wanting(tenants, 'message.received');
BEGIN
  IF queued = '{}' AND received = '{}' THEN RETURN NULL; END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, request_id, current)
  SELECT m.tenant_id, CASE m.direction WHEN 'outbound' THEN 'message.queued' ELSE 'message.received' END, m.id,
         m.request_id, facts_of_message(m)
    FROM added m
   WHERE m.tenant_id = ANY (CASE m.direction WHEN 'outbound' THEN queued ELSE received END) ORDER BY m.id;
  RETURN NULL;
END $$;
CREATE TRIGGER messages_created_events AFTER INSERT ON messages
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION message_created_events();

-- Each change of status is one event of the new status, also when it jumps over others. `sending` is nobody's business:
-- a message may come to it several times. Messages change in groups, so this is asked once per statement, as a row trigger
-- costs 5 µs and more for each row: a tenth of an update.
-- FULL, with conditions that are no reason to make it less, is always joined by hash or merge: the plan is kept from the
-- first call on, whatever the sizes are later.
CREATE FUNCTION message_status_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM after n WHERE EXISTS (SELECT FROM webhooks w WHERE w.tenant_id = n.tenant_id OFFSET 0)) THEN
    RETURN NULL;
  END IF;
  INSERT INTO event_outbox (tenant_id, type, resource_id, request_id, previous, current)
  SELECT n.tenant_id, 'message.' || n.status, n.id, n.request_id, facts_of_message(o), facts_of_message(n)
    FROM before o FULL JOIN after n ON n.id = o.id
   WHERE o.status IS DISTINCT FROM n.status AND coalesce(n.status, 'queued') NOT IN ('queued', 'sending')
     AND webhook_wanted(n.tenant_id, 'message.' || n.status)
   ORDER BY n.id;
  RETURN NULL;
END $$;
CREATE TRIGGER messages_status_events AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION message_status_events();

-- ---------------------------------------------------------------------------------------------------------------
-- Templates
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION facts_of_template(t templates) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', t.id, 'template_id', t.template_id, 'name', t.name, 'language', t.language, 'category', t.category,
    'status', t.status, 'parameter_format', t.parameter_format, 'quality_score', t.quality_score,
    'components', t.components, 'message_send_ttl_seconds', t.message_send_ttl_seconds, 'created_at', t.created_at,
    'updated_at', t.updated_at)
$$;

-- Templates are made at WhatsApp; one that a sync finds is news like one that changed.
CREATE FUNCTION template_updated_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF webhook_wanted(NEW.tenant_id, 'template.updated') THEN
    INSERT INTO event_outbox (tenant_id, type, resource_id, previous, current)
    VALUES (NEW.tenant_id, 'template.updated', NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN facts_of_template(OLD) END,
            facts_of_template(NEW));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER templates_created_event AFTER INSERT ON templates
  FOR EACH ROW EXECUTE FUNCTION template_updated_event();
CREATE TRIGGER templates_updated_event AFTER UPDATE ON templates FOR EACH ROW
  WHEN ((OLD.template_id, OLD.category, OLD.status, OLD.parameter_format, OLD.quality_score, OLD.components,
         OLD.message_send_ttl_seconds)
        IS DISTINCT FROM
        (NEW.template_id, NEW.category, NEW.status, NEW.parameter_format, NEW.quality_score, NEW.components,
         NEW.message_send_ttl_seconds))
  EXECUTE FUNCTION template_updated_event();

-- ---------------------------------------------------------------------------------------------------------------
-- The outbox
-- ---------------------------------------------------------------------------------------------------------------

-- A row that cannot be made an event stays aside until `retry_at`, and stops none of the others.
ALTER TABLE event_outbox
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN retry_at timestamptz(3);
DROP INDEX event_outbox_tenant;
CREATE INDEX event_outbox_tenant ON event_outbox (tenant_id, id) WHERE retry_at IS NULL;
CREATE INDEX event_outbox_aside ON event_outbox (retry_at) WHERE retry_at IS NOT NULL;

-- A queue: rows live for a moment, so what is dead is many times what lives.
ALTER TABLE event_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                              autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000,
                              autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

-- The entry of the audit trail that belongs to a row of the outbox is found by audit_tenant: both bear the time of their
-- transaction.
