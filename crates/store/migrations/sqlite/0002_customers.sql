-- Customers: who is listed and found, and by what. What is known of one is a setting of the kind `customer`, under the same key.
CREATE TABLE customers (
    id    INTEGER PRIMARY KEY,
    key   TEXT    NOT NULL UNIQUE,
    level TEXT
);
CREATE INDEX customers_by_level ON customers (level, id) WHERE level IS NOT NULL;

CREATE TABLE customer_marks (
    mark        BLOB    NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    reaches     INTEGER NOT NULL, -- a whole number or an account: cases whose phones bear this mark are the customer's
    PRIMARY KEY (mark, customer_id)
) WITHOUT ROWID;
CREATE INDEX customer_marks_by_customer ON customer_marks (customer_id, reaches);

-- Two that may be one and the same.
CREATE TABLE customer_pairs (
    one     INTEGER NOT NULL REFERENCES customers (id), -- the smaller id
    other   INTEGER NOT NULL REFERENCES customers (id),
    percent INTEGER NOT NULL,
    why     TEXT    NOT NULL,
    apart   INTEGER NOT NULL, -- somebody has said that they are two
    PRIMARY KEY (one, other)
) WITHOUT ROWID;
CREATE INDEX customer_pairs_by_other ON customer_pairs (other);
CREATE INDEX customer_pairs_to_judge ON customer_pairs (percent, one, other) WHERE apart = 0;
