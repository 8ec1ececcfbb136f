-- Instants are nanoseconds since 1970 UTC. Booleans are 0 and 1. Everything called mark is a keyed hash.

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Personal values -----------------------------------------------------------------------------------------------------------

CREATE TABLE subject_keys (
    id      INTEGER PRIMARY KEY,
    owner   BLOB NOT NULL,
    subject TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    UNIQUE (owner, subject)
);

CREATE TABLE personal (
    owner   BLOB    NOT NULL,
    ref     BLOB    NOT NULL,
    subject INTEGER NOT NULL, -- subject_keys.id; no reference, which would cost an index: values and keys go together, by owner
    salt    BLOB    NOT NULL,
    sealed  BLOB    NOT NULL,
    PRIMARY KEY (owner, ref)
) WITHOUT ROWID;

-- Cases ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE cases (
    id                INTEGER PRIMARY KEY,
    uuid              BLOB    NOT NULL UNIQUE,
    version           INTEGER NOT NULL,
    number            TEXT    NOT NULL,
    last_seq          INTEGER NOT NULL,
    head              BLOB    NOT NULL,
    procedure         TEXT    NOT NULL,
    procedure_version INTEGER NOT NULL,
    life              TEXT    NOT NULL,
    stage             TEXT    NOT NULL,
    holder            TEXT    NOT NULL,
    assignee          TEXT,
    department        TEXT,
    queue             TEXT    NOT NULL,
    severity          INTEGER NOT NULL,
    mildness          INTEGER NOT NULL, -- 255 - severity, so that one ascending index serves "most severe first"
    category          TEXT,
    channel           TEXT    NOT NULL,
    customer          TEXT,
    title             BLOB,             -- sealed
    received_at       INTEGER NOT NULL,
    registered_at     INTEGER NOT NULL,
    due               INTEGER NOT NULL, -- the greatest integer when nothing is due
    closed_at         INTEGER,
    archived_at       INTEGER,
    keep_until        INTEGER,
    confidential      INTEGER NOT NULL,
    open              INTEGER NOT NULL
);
-- Work in hand: these indexes hold open cases only, however many were closed.
CREATE INDEX open_by_due      ON cases (due, id) WHERE open = 1;
CREATE INDEX open_by_registration ON cases (registered_at, id) WHERE open = 1;
CREATE INDEX open_by_mildness ON cases (mildness, due, id) WHERE open = 1;
CREATE INDEX open_by_assignee ON cases (assignee, due, id) WHERE open = 1;
CREATE INDEX open_by_holder   ON cases (holder, due, id) WHERE open = 1;
CREATE INDEX open_by_place    ON cases (procedure, queue, stage, department, confidential, due, assignee, holder) WHERE open = 1;
CREATE INDEX open_by_queue    ON cases (queue, stage, due, id) WHERE open = 1;
CREATE INDEX open_by_customer ON cases (customer, registered_at) WHERE open = 1 AND customer IS NOT NULL;
-- All cases.
CREATE INDEX cases_by_registration ON cases (registered_at, id);
CREATE INDEX cases_by_procedure    ON cases (procedure, registered_at, id);
CREATE INDEX cases_by_assignee     ON cases (assignee, registered_at, id);
CREATE INDEX cases_by_department   ON cases (department, registered_at, id);
CREATE INDEX cases_by_customer     ON cases (customer, registered_at, id) WHERE customer IS NOT NULL;
CREATE INDEX cases_by_due          ON cases (due, id);
CREATE INDEX cases_by_mildness     ON cases (mildness, due, id);
CREATE INDEX cases_to_forget       ON cases (keep_until) WHERE keep_until IS NOT NULL;

-- Folded numbers, also former ones and those of voided cases: a number is never given twice.
CREATE TABLE numbers (
    folded  TEXT    PRIMARY KEY,
    case_id INTEGER NOT NULL REFERENCES cases (id)
) WITHOUT ROWID;

CREATE TABLE serials (
    scope TEXT    PRIMARY KEY,
    last  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    case_id  INTEGER NOT NULL REFERENCES cases (id),
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    v        INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    hash     BLOB    NOT NULL,
    UNIQUE (case_id, seq)
);

CREATE TABLE snapshots (
    case_id      INTEGER PRIMARY KEY REFERENCES cases (id),
    fold_version INTEGER NOT NULL,
    body         TEXT    NOT NULL
);

CREATE TABLE links (
    case_id  INTEGER NOT NULL REFERENCES cases (id),
    relation TEXT    NOT NULL,
    target   BLOB    NOT NULL,
    PRIMARY KEY (case_id, relation, target)
) WITHOUT ROWID;
CREATE INDEX links_by_target ON links (target);

CREATE TABLE phones (
    mark    BLOB    NOT NULL,
    case_id INTEGER NOT NULL REFERENCES cases (id),
    PRIMARY KEY (mark, case_id)
) WITHOUT ROWID;
CREATE INDEX phones_by_case ON phones (case_id);

-- Tokens are made in Rust; rowid is cases.id.
CREATE VIRTUAL TABLE search USING fts5 (tokens, content = '', contentless_delete = 1, tokenize = 'ascii');
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- What was indexed of a case, as a mark, and by which version of the rules.
CREATE TABLE searched (
    case_id   INTEGER PRIMARY KEY REFERENCES cases (id),
    mark      BLOB    NOT NULL,
    tokenizer INTEGER NOT NULL
);

-- Derived and to be done ----------------------------------------------------------------------------------------------------

CREATE TABLE timers (
    case_id     INTEGER NOT NULL REFERENCES cases (id),
    clock       TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    lease_until INTEGER,
    lease_by    TEXT,
    PRIMARY KEY (case_id, clock, generation, step)
) WITHOUT ROWID;
CREATE INDEX timers_free   ON timers (due) WHERE lease_until IS NULL;
CREATE INDEX timers_leased ON timers (lease_until) WHERE lease_until IS NOT NULL;

CREATE TABLE outbox (
    sequence    INTEGER PRIMARY KEY,
    uuid        BLOB    NOT NULL UNIQUE,
    case_id     INTEGER NOT NULL REFERENCES cases (id),
    channel     TEXT    NOT NULL,
    recipient   TEXT    NOT NULL, -- JSON, sealed
    kind        TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    not_before  INTEGER NOT NULL,
    state       TEXT    NOT NULL, -- waiting, sent, dead
    attempts    INTEGER NOT NULL,
    lease_until INTEGER,
    lease_by    TEXT,
    done_at     INTEGER,
    error       TEXT
);
CREATE INDEX outbox_free   ON outbox (not_before) WHERE state = 'waiting' AND lease_until IS NULL;
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'waiting' AND lease_until IS NOT NULL;
CREATE INDEX outbox_dead   ON outbox (sequence) WHERE state = 'dead';
CREATE INDEX outbox_by_case ON outbox (case_id);

CREATE TABLE inbox (
    sequence   INTEGER PRIMARY KEY,
    uuid       BLOB    NOT NULL UNIQUE,
    case_id    INTEGER NOT NULL REFERENCES cases (id),
    person     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    read_at    INTEGER
);
CREATE INDEX inbox_by_person ON inbox (person, sequence);
CREATE INDEX inbox_unread    ON inbox (person, sequence) WHERE read_at IS NULL;

-- Measures: what each case contributes, and the sums.
CREATE TABLE contributions (
    case_id INTEGER NOT NULL REFERENCES cases (id),
    metric  TEXT    NOT NULL,
    day     TEXT    NOT NULL,
    dims    TEXT    NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (case_id, metric, day, dims)
) WITHOUT ROWID;

CREATE TABLE rollups (
    metric TEXT    NOT NULL,
    day    TEXT    NOT NULL,
    dims   TEXT    NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (metric, day, dims)
) WITHOUT ROWID;

-- Submissions and imports ---------------------------------------------------------------------------------------------------

CREATE TABLE submissions (
    scope     TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    body_hash BLOB    NOT NULL,
    owner     BLOB    NOT NULL, -- under whose key the private texts of the receipt are sealed
    receipt   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX submissions_by_age ON submissions (at);

CREATE TABLE imported (
    file      BLOB    NOT NULL,
    line      INTEGER NOT NULL,
    case_uuid BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (file, line)
) WITHOUT ROWID;

-- Settings ------------------------------------------------------------------------------------------------------------------

CREATE TABLE settings (
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    version INTEGER NOT NULL,
    current INTEGER NOT NULL,
    body    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (kind, key, version)
) WITHOUT ROWID;
CREATE UNIQUE INDEX settings_current ON settings (kind, key) WHERE current = 1;

CREATE TABLE settings_log (
    sequence  INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    deed      TEXT    NOT NULL, -- put, remove, erase
    body_hash BLOB    NOT NULL,
    hash      BLOB    NOT NULL
);
CREATE INDEX settings_log_by_key ON settings_log (kind, key, version);

-- Attachments: the file lies in the blob folder under its mark.
CREATE TABLE attachments (
    uuid         BLOB    PRIMARY KEY,
    mark         BLOB    NOT NULL,
    case_id      INTEGER REFERENCES cases (id),
    name         TEXT    NOT NULL, -- JSON, sealed
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    by_whom      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    erased       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX attachments_by_case   ON attachments (case_id, created_at) WHERE case_id IS NOT NULL;
CREATE INDEX attachments_orphaned  ON attachments (created_at) WHERE case_id IS NULL;
CREATE INDEX attachments_by_mark   ON attachments (mark);

-- What may be lost: sessions, drafts, presence.
CREATE TABLE ephemeral (
    kind       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    body       BLOB    NOT NULL, -- sealed
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX ephemeral_by_expiry ON ephemeral (expires_at);
