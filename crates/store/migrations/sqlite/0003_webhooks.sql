-- Webhooks: how far each has followed the feed, and what is sent to it. What one is like is a setting of the kind `webhook`, under the same key.
CREATE TABLE webhooks (
    id          INTEGER PRIMARY KEY,
    key         TEXT    NOT NULL UNIQUE,
    upto        INTEGER NOT NULL, -- events up to here have been looked at
    rests_until INTEGER,          -- its receiver has asked for a rest
    answered_at INTEGER,          -- the last attempt, whatever became of it
    status      INTEGER,          -- the status that was answered; none when there was no answer
    error       TEXT              -- what was wrong; none when it was accepted
);

CREATE TABLE webhook_deliveries (
    id           INTEGER PRIMARY KEY,
    uuid         BLOB    NOT NULL UNIQUE,
    webhook_id   INTEGER NOT NULL REFERENCES webhooks (id),
    sequence     INTEGER,          -- the event; none for a test
    number       TEXT,             -- the case at that time; none for a test
    kind         TEXT    NOT NULL,
    body         TEXT    NOT NULL, -- as it is sent, without personal data
    made_at      INTEGER NOT NULL,
    state        TEXT    NOT NULL, -- pending, delivered, dead
    since        INTEGER NOT NULL, -- from when on it is tried
    not_before   INTEGER NOT NULL,
    attempts     INTEGER NOT NULL, -- since then
    attempted_at INTEGER,
    status       INTEGER,
    error        TEXT,
    lease_until  INTEGER,
    lease_by     TEXT,
    done_at      INTEGER
);
CREATE INDEX webhook_deliveries_free   ON webhook_deliveries (webhook_id, not_before, id) WHERE state = 'pending' AND lease_until IS NULL;
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (webhook_id, lease_until) WHERE state = 'pending' AND lease_until IS NOT NULL;
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, id);
CREATE INDEX webhook_deliveries_states ON webhook_deliveries (webhook_id, state, id);
CREATE INDEX webhook_deliveries_over   ON webhook_deliveries (state, done_at);
