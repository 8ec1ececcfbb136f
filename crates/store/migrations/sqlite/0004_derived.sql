-- By which version of the rules the measures and ties of a case were derived; 0: by rules that had no number yet.
ALTER TABLE cases ADD COLUMN derived INTEGER NOT NULL DEFAULT 0;
CREATE INDEX cases_by_rules ON cases (derived);
CREATE INDEX searched_by_rules ON searched (tokenizer);
-- The cases behind a number: what each contributes to a measure, by day.
CREATE INDEX contributions_by_day ON contributions (metric, day, dims);
-- Whether somebody has read what he was told of a case is asked whenever he opens it.
DROP INDEX inbox_unread;
CREATE INDEX inbox_unread ON inbox (person, case_id) WHERE read_at IS NULL;
