-- What a scope asks of a case that a search found, many to a page: the whole row is read of what it shows alone.
CREATE INDEX cases_in_scope ON cases (id, open, procedure, confidential, department, holder, assignee, queue);
