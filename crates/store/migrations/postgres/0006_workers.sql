-- Bits of everybody whom a link names as one who works on a case or did, all of them where it is not known yet: who has not his is
-- not looked for among the links of a case that a search found. Holder and assignee have columns of their own.
ALTER TABLE cases ADD COLUMN workers BIGINT NOT NULL DEFAULT -1;
